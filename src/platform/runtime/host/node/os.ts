/** `node:os` for functions: it reveals no data of the machine. */
import os from "node:os";
import { OS, replaceOs } from "./system.ts";

replaceOs(os);

export * from "node:os";
export const {
	cpus,
	freemem,
	getPriority,
	homedir,
	hostname,
	loadavg,
	machine,
	networkInterfaces,
	release,
	totalmem,
	uptime,
	userInfo,
	version,
} = OS;
export default os;
