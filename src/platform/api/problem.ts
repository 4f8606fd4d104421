/** The control API's answer to an error. */
import { AppError, EXIT } from "../../errors.ts";
import { PROBLEM_MEDIA_TYPE, type Problem, problemFromError } from "../../protocol/problem.ts";
import { RateError } from "./limits.ts";

/** For an unexpected error. Its message is not shown, since it may contain anything. */
const INTERNAL: Problem = {
	type: "about:blank",
	title: "Internal Server Error",
	status: 500,
	detail: "An unexpected error happened in the platform.",
	code: "INTERNAL_ERROR",
	hint: "The platform's log has the details.",
	exit: EXIT.failure,
};

/**
 * The answer to a thrown error: a problem document. It does not describe an error that is not an AppError. The caller
 * must log such an error.
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
