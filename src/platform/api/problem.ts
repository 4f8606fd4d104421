/**
 * The control API's answer to whatever went wrong.
 */
import { AppError, EXIT } from "../../errors.ts";
import { PROBLEM_MEDIA_TYPE, type Problem, problemFromError } from "../../protocol/problem.ts";
import { RateError } from "./limits.ts";

/** What is said of an error that nobody foresaw: nothing, for its message may hold anything. */
const INTERNAL: Problem = {
	type: "about:blank",
	title: "Internal Server Error",
	status: 500,
	detail: "The platform failed in a way that it did not foresee.",
	code: "INTERNAL_ERROR",
	hint: "The platform's log says more.",
	exit: EXIT.failure,
};

/**
 * The answer to a thrown error: a problem document. An error that is not an AppError is not described; log it.
 * @param extensions further members of the document
 */
export function problemResponse(
	error: unknown,
	extensions: Readonly<Record<string, unknown>> = {},
): Response {
	const { status, body } =
		error instanceof AppError ? problemFromError(error) : { status: INTERNAL.status, body: INTERNAL };
	const headers = new Headers({ "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store" });
	if (error instanceof RateError) headers.set("retry-after", String(error.retryAfterSeconds));
	if (status === 401) headers.set("www-authenticate", "Bearer");
	return new Response(JSON.stringify({ ...extensions, ...body }), { status, headers });
}
