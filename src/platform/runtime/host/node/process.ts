/** `node:process` for functions: the ids of its user are constants. */
import process from "node:process";
import { replaceProcess } from "./builtin-modules.ts";
import { PROCESS } from "./system.ts";

replaceProcess(process);

export * from "node:process";
export const { getegid, geteuid, getgid, getgroups, getuid } = PROCESS;
export default process;
