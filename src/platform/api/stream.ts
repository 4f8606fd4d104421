/**
 * Answers that come line by line: one JSON document a line, as things happen.
 */

import { AppError, EXIT } from "../../errors.ts";
import { problemFromError } from "../../protocol/problem.ts";

export const NDJSON_MEDIA_TYPE = "application/x-ndjson";

/**
 * An answer made of the lines that `work` writes. The work is done to its end even where the client goes away:
 * it is what the request asked for, and only its telling is lost. What it throws becomes a last line,
 * `{"type": "problem", "problem": {…}}`.
 */
export function lines(
	work: (write: (line: object) => void) => Promise<void>,
	onError: (error: unknown) => void,
): Response {
	const encoder = new TextEncoder();
	let isCancelled = false;
	const body = new ReadableStream<Uint8Array>({
		start: async (controller) => {
			const write = (line: object) => {
				if (!isCancelled) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
			};
			try {
				await work(write);
			} catch (error) {
				if (!(error instanceof AppError)) onError(error);
				write({ type: "problem", problem: problemFromError(known(error)).body });
			}
			if (!isCancelled) controller.close();
		},
		cancel: () => {
			isCancelled = true;
		},
	});
	return new Response(body, { headers: { "content-type": NDJSON_MEDIA_TYPE, "cache-control": "no-store" } });
}

function known(error: unknown): AppError {
	if (error instanceof AppError) return error;
	return new AppError({
		code: "INTERNAL_ERROR",
		message: "The platform failed in a way that it did not foresee.",
		hint: "The platform's log says more.",
		exit: EXIT.failure,
	});
}
