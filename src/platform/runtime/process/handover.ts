/** The message with which a process becomes an instance of a function. */
import { AppError, EXIT } from "../../../errors.ts";
import type { Redactor } from "../../../redact.ts";
import type { LogLine } from "../../logs/function-logs.ts";
import { AUDIT_BEGIN } from "../output/permission-audit.ts";
import type { Launch } from "../runtime.ts";

/** The function that a process is assigned to. */
export interface Assignment {
	deployment: string;
	/** The message to the host, one line of JSON without the line feed. It contains values of secrets. */
	handover: string;
	redactor: Redactor;
	onLine: (level: LogLine["level"], message: string) => void;
	/** Called each time that the last request in flight ends. */
	onIdle: (() => void) | undefined;
	/** Listens for a connection of the process to the store of its app. */
	openStore: () => Promise<void>;
	/** Reports all variables that the process has read so far. */
	settleReads: () => void;
	/** The time limit for the beginning of a response. */
	timeoutMs: number;
}

/**
 * Checks that the operating system can put each variable into a process environment.
 * @throws AppError `FUNCTION_START_FAILED` (exit 1), which names the variable
 */
export function checkEnvironment({ app, function: name, environment }: Launch): void {
	for (const [variable, value] of environment) {
		if (!value.includes("\0") && variable !== "" && !/[=\0]/.test(variable)) continue;
		throw new AppError({
			code: "FUNCTION_START_FAILED",
			message: `The function ${app}/${name} was not started: the operating system cannot represent the environment variable ${variable}.`,
			hint: 'A name must not be empty or contain "=", and neither a name nor a value may contain a NUL character. Set the secret again.',
			exit: EXIT.failure,
		});
	}
}

/** The names of the bundle and its sources in stack traces, instead of paths of the platform. */
export function displayNames(bundle: string, name: string): Map<string, string> {
	return new Map([
		[bundle, `${name}.js`],
		[`${bundle.slice(0, -".js".length)}/`, ""],
		[new URL("./", bundle).href, ""],
	]);
}

/** Encodes the message as one line of JSON, without the line feed. @param scheme of request URLs */
export function encodeHandover(
	bundle: string,
	socketPath: string,
	environment: Launch["environment"],
	scheme = "http",
): string {
	return JSON.stringify({
		bundle,
		socketPath,
		scheme,
		environment: Object.fromEntries(environment),
		begin: AUDIT_BEGIN,
	});
}
