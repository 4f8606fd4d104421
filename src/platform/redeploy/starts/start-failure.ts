/** What users learn about a start that failed. */
import { AppError } from "../../../errors.ts";

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
