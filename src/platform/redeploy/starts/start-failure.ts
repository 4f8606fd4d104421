/** What users learn about a start that failed, and about a process that ended. */
import { AppError } from "../../../errors.ts";
import type { ExitReason } from "../../runtime/runtime.ts";

/**
 * Whether a start was not attempted because of the store, so that another node may succeed, or this one later: it cannot
 * be reached, or is full. That says nothing about the function.
 */
export function isCutOff(error: AppError | undefined): boolean {
	return error !== undefined && (error.code === "NODE_CUT_OFF" || error.code.startsWith("STORE_"));
}

export interface StartFailure {
	readonly message: string;
	/** The error if no start was attempted. Another attempt may succeed. */
	readonly notAttempted: AppError | undefined;
}

export function startFailure(error: unknown): StartFailure {
	if (!(error instanceof AppError))
		return { message: "The platform could not start it. Its log has details.", notAttempted: undefined };
	const isAttempted = error.code !== "PLATFORM_FULL" && !isCutOff(error);
	return { message: error.message, notAttempted: isAttempted ? undefined : error };
}

/** Describes the exit of a function's process, with the end of its standard error. */
export function exitMessage({ code, signal, stderr }: ExitReason): string {
	const how = signal === null ? `with status ${code}` : `by signal ${signal}`;
	const output = stderr.trim();
	return output === "" ? `The function ended ${how}.` : `The function ended ${how}:\n${output}`;
}
