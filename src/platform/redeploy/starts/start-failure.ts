/** What users learn about a start that failed. */
import { AppError } from "../../../errors.ts";

/** The errors of a platform that cannot attempt a start now. */
const NOT_ATTEMPTED: ReadonlySet<string> = new Set(["PLATFORM_FULL", "NODE_CUT_OFF", "STORE_UNREACHABLE"]);

export interface StartFailure {
	readonly message: string;
	/** The error if no start was attempted. Another attempt may succeed. */
	readonly notAttempted: AppError | undefined;
}

export function startFailure(error: unknown): StartFailure {
	if (!(error instanceof AppError))
		return { message: "The platform could not start it. Its log has details.", notAttempted: undefined };
	return { message: error.message, notAttempted: NOT_ATTEMPTED.has(error.code) ? error : undefined };
}
