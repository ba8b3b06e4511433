export { type Admission, type Attempt, type Authority, type Door, type Judged, type Outcome } from "./authority.ts";
export { createAuthority, type AuthorityOptions } from "./create-authority.ts";
