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
 * @param cutOff told how to end the answer with an error before the work is done; returns how to take that back
 */
export function lines(
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
				fail(known(error));
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

function known(error: unknown): AppError {
	if (error instanceof AppError) return error;
	return new AppError({
		code: "INTERNAL_ERROR",
		message: "The platform failed in a way that it did not foresee.",
		hint: "The platform's log says more.",
		exit: EXIT.failure,
	});
}
