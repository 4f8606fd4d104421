/** Answers in the form that the Base44 CLI reads. */
import { AppError } from "../../../errors.ts";
import { problemResponse } from "../problem.ts";

/**
 * The answer to a thrown error: a problem document with the `message` that the CLI shows.
 *
 * A failure of exit 1 becomes 422 instead of 500, since the CLI repeats a request after a 5xx. The message
 * includes the hint, since the CLI does not show hints.
 */
export async function refusal(error: unknown): Promise<Response> {
	if (!(error instanceof AppError)) return problemResponse(error);
	const answer = problemResponse(error, { message: `${error.message}\n${error.hint}` });
	const isFinal = error.exit === 1 && answer.status === 500;
	return isFinal ? new Response(await answer.text(), { status: 422, headers: answer.headers }) : answer;
}

/** The answer that the CLI accepts as success. */
export function done(): Response {
	return Response.json({ success: true });
}
