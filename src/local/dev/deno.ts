/** The Deno of this machine, with which functions run. */
export { findDenoWithVersion } from "../../platform/runtime/deno-binary.ts";
