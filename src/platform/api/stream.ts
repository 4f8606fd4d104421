/** Answers that are sent line by line: one JSON document for each event, when it happens. */

import { AppError, EXIT } from "../../errors.ts";
import { problemFromError } from "../../protocol/problem.ts";

export const NDJSON_MEDIA_TYPE = "application/x-ndjson";

/**
 * An answer that consists of the lines that `work` writes.
 *
 * The work runs to its end even if the client disconnects. Only the report is lost. An error of the work becomes the
 * last line, `{"type": "problem", "problem": {…}}`.
 * @param cutOff gets a function that ends the answer with an error before the work has ended, and returns a
 * function that cancels this
 */
export function lineStream(
	work: (write: (line: object) => void) => Promise<void>,
	onError: (error: unknown) => void,
	cutOff: (end: (error: AppError) => void) => () => void,
): Response {
	const encoder = new TextEncoder();
	let isOver = false;
	const body = new ReadableStream<Uint8Array>({
		start: async (controller) => {
			const write = (line: object) => {
				if (!isOver) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
			};
			const close = () => {
				if (!isOver) controller.close();
				isOver = true;
			};
			const fail = (error: AppError) => {
				write({ type: "problem", problem: problemFromError(error).body });
				close();
			};
			const release = cutOff(fail);
			try {
				await work(write);
			} catch (error) {
				if (!(error instanceof AppError)) onError(error);
				fail(asAppError(error));
			} finally {
				release();
			}
			close();
		},
		cancel: () => {
			isOver = true;
		},
	});
	return new Response(body, { headers: { "content-type": NDJSON_MEDIA_TYPE, "cache-control": "no-store" } });
}

function asAppError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	return new AppError({
		code: "INTERNAL_ERROR",
		message: "An unexpected error happened in the platform.",
		hint: "The platform's log has the details.",
		exit: EXIT.failure,
	});
}
