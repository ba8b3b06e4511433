export { type Admission, type Attempt, type Authority, type Door, type Judged, type Outcome } from "./authority.ts";
