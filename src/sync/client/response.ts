/**
 * Reads bodies of answers with a bound, so that a server that is not a platform cannot fill this machine's
 * memory.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Answer } from "../../http/request.ts";

function tooLarge(bytesMax: number): AppError {
	return new AppError({
		code: "ANSWER_TOO_LARGE",
		message: `The platform's answer is larger than ${bytesMax} bytes.`,
		hint: "Check that the URL is the address of a Coffer platform's control API.",
		exit: EXIT.network,
	});
}

/** The chunks of a body as text. @throws AppError `ANSWER_TOO_LARGE` (exit 6) */
async function* textChunks(answer: Pick<Answer, "body">, bytesMax: number): AsyncGenerator<string> {
	if (answer.body === null) return;
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let bytes = 0;
	for await (const chunk of answer.body) {
		bytes += chunk.length;
		if (bytes > bytesMax) throw tooLarge(bytesMax);
		yield decoder.decode(chunk, { stream: true });
	}
	yield decoder.decode();
}

/** The whole body as text. */
export async function readBounded(answer: Pick<Answer, "body">, bytesMax: number): Promise<string> {
	const parts: string[] = [];
	for await (const text of textChunks(answer, bytesMax)) parts.push(text);
	return parts.join("");
}

/**
 * The lines of a body as they arrive, without blank ones. The last line needs its LF: without it, the answer
 * was cut, unless `mayBeDocument`.
 * @param bytesMax limit of the whole body
 * @param charactersMax limit of one line
 * @param mayBeDocument whether the answer may also be one document without an LF. Its parser finds out whether it is cut
 */
export async function* readLines(
	answer: Pick<Answer, "body">,
	bytesMax: number,
	charactersMax = bytesMax,
	mayBeDocument = false,
): AsyncGenerator<string> {
	let rest = "";
	for await (const text of textChunks(answer, bytesMax)) {
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		if (rest.length > charactersMax) throw tooLarge(charactersMax);
		for (const line of lines) if (line !== "") yield line;
	}
	if (mayBeDocument && rest !== "") yield rest;
	else if (rest !== "") throw new TypeError("The answer ends in the middle of a line.");
}
