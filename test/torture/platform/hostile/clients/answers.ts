/** Parses the bytes of a connection strictly as HTTP/1.1 responses. It uses no code of the platform. */

export interface ReadAnswer {
	readonly status: number;
	readonly body: string;
	/** Whether it is complete. */
	readonly isWhole: boolean;
}

export interface ReadAnswers {
	readonly answers: readonly ReadAnswer[];
	/** The bytes after a response that switches protocols. */
	readonly stream: string | undefined;
	/** The bytes that are not a valid response; undefined if all are valid. */
	readonly invalid: string | undefined;
}

const HEAD = /^HTTP\/1\.1 (\d{3})(?: [^\r\n]*)?\r\n((?:[!#$%&'*+.^_`|~\w-]+:[^\r\n]*\r\n)*)\r\n/;

function headerOf(lines: string, name: string): string | undefined {
	return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "im").exec(lines.replaceAll("\r\n", "\n"))?.[1];
}

/** Decodes a chunked body. @returns the body, the length of its encoded text, and whether it is complete */
function chunksOf(text: string): { body: string; length: number; isWhole: boolean } {
	let body = "";
	let at = 0;
	for (;;) {
		const size = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 20));
		if (size === null) return { body, length: text.length, isWhole: false };
		const bytes = Number.parseInt(size[1] ?? "", 16);
		at += size[0].length;
		body += text.slice(at, at + bytes);
		at += bytes + 2;
		if (bytes === 0) return { body, length: at, isWhole: at <= text.length };
		if (at > text.length) return { body, length: text.length, isWhole: false };
	}
}

/**
 * Reads all responses.
 * @param isHead whether the request with this index is a HEAD request
 */
export function readAnswers(text: string, isHead: (index: number) => boolean): ReadAnswers {
	const answers: ReadAnswer[] = [];
	let rest = text;
	while (rest !== "") {
		const head = HEAD.exec(rest);
		if (head === null) {
			const isCut = /^HTTP\/1\.1 \d{3}[^\n]*\r\n(?:[^\r\n]*\r\n)*[^\r\n]*$/.test(rest) || rest.length < 12;
			return { answers, stream: undefined, invalid: isCut ? undefined : rest.slice(0, 40) };
		}
		const [whole, code = "", lines = ""] = head;
		const status = Number(code);
		rest = rest.slice(whole.length);
		if (status === 101) {
			answers.push({ status, body: "", isWhole: true });
			return { answers, stream: rest, invalid: undefined };
		}
		if (status < 200) continue;
		const length = headerOf(lines, "content-length");
		if (isHead(answers.length) || status === 204 || status === 304) {
			answers.push({ status, body: "", isWhole: true });
		} else if (headerOf(lines, "transfer-encoding") !== undefined) {
			const { body, isWhole, length: taken } = chunksOf(rest);
			answers.push({ status, body, isWhole });
			rest = rest.slice(taken);
		} else {
			const taken = length === undefined ? rest.length : Number(length);
			answers.push({ status, body: rest.slice(0, taken), isWhole: rest.length >= taken });
			rest = rest.slice(taken);
		}
	}
	return { answers, stream: undefined, invalid: undefined };
}
