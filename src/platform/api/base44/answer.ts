/**
 * Answers as the Base44 CLI reads them.
 */
import { AppError } from "../../../errors.ts";
import { problemResponse } from "../problem.ts";

/**
 * The answer to a thrown error: a problem document with the `message` that the CLI shows. What the platform could not do
 * is no 5xx, since the CLI sends a request again after one, and the hint says what to do, since the CLI has none.
 */
export async function refusal(error: unknown): Promise<Response> {
	if (!(error instanceof AppError)) return problemResponse(error);
	const answer = problemResponse(error, { message: `${error.message}\n${error.hint}` });
	const isFinal = error.exit === 1 && answer.status === 500;
	return isFinal ? new Response(await answer.text(), { status: 422, headers: answer.headers }) : answer;
}

/** What the CLI takes for done. */
export function done(): Response {
	return Response.json({ success: true });
}
