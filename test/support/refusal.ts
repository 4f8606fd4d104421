import { AppError } from "../../src/errors.ts";

/** The typed error that an action ends in; anything else, success included, fails the test. */
export function refusal(action: () => unknown): AppError {
	try {
		action();
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}

/** The same for an action that takes its time. */
export async function refusalOf(action: Promise<unknown>): Promise<AppError> {
	try {
		await action;
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("it was accepted");
}
