import { AppError } from "../../src/errors.ts";

/** The `AppError` that an action throws. If it succeeds or throws anything else, the test fails. */
export function refusal(action: () => unknown): AppError {
	try {
		action();
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}

/** The same for an asynchronous action. */
export async function refusalOf(action: Promise<unknown>): Promise<AppError> {
	try {
		await action;
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}
