/** What a process is told when it becomes a function's. */
import { AppError, EXIT } from "../../../errors.ts";
import { AUDIT_BEGIN } from "../output/audit.ts";
import type { Launch } from "../runtime.ts";

/**
 * What the operating system cannot put into an environment is refused, by name.
 * @throws AppError `FUNCTION_START_FAILED` (exit 1)
 */
export function checkEnvironment({ app, function: name, environment }: Launch): void {
	for (const [variable, value] of environment) {
		if (!value.includes("\0") && variable !== "" && !/[=\0]/.test(variable)) continue;
		throw new AppError({
			code: "FUNCTION_START_FAILED",
			message: `The function ${app}/${name} was not started: an environment variable cannot hold ${variable}.`,
			hint: "Names hold no equals sign, and neither names nor values hold a NUL character; set the secret again.",
			exit: EXIT.failure,
		});
	}
}

/** What the bundle and the sources beside it are called in stack traces: not by the platform's own folders. */
export function ownNames(bundle: string, name: string): Map<string, string> {
	return new Map([
		[bundle, `${name}.js`],
		[new URL("./", bundle).href, ""],
	]);
}

/** One line of JSON, without a line feed. */
export function handoverOf(bundle: string, socketPath: string, environment: Launch["environment"]): string {
	return JSON.stringify({
		bundle,
		socketPath,
		environment: Object.fromEntries(environment),
		begin: AUDIT_BEGIN,
	});
}
