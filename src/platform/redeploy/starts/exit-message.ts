import type { ExitReason } from "../../runtime/runtime.ts";

/** Describes the exit of a function's process, with the end of its standard error. */
export function exitMessage({ code, signal, stderr }: ExitReason): string {
	const how = signal === null ? `with status ${code}` : `by signal ${signal}`;
	const output = stderr.trim();
	return output === "" ? `The function ended ${how}.` : `The function ended ${how}:\n${output}`;
}
