import type { ExitReason } from "../../runtime/runtime.ts";

/** How a version ended, and the last that it wrote to its standard error. */
export function exitMessage({ code, signal, stderr }: ExitReason): string {
	const how = signal === null ? `with status ${code}` : `by signal ${signal}`;
	const said = stderr.trim();
	return said === "" ? `The function ended ${how}.` : `The function ended ${how}:\n${said}`;
}
