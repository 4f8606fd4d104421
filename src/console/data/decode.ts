/** Decoders of streamed answers: lines of JSON, and server-sent events. Pure. */

/** Splits chunks of text into lines. The end of the last line may come with a later chunk. */
class LineSplitter {
	#rest = "";

	/** @returns the lines that the chunk completes */
	take(chunk: string): string[] {
		const lines = (this.#rest + chunk).split("\n");
		this.#rest = lines.pop() ?? "";
		return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
	}
}

/** What turns chunks of a stream's text into the messages that they complete. */
export type Decoder = (chunk: string) => unknown[];

/** A decoder of one JSON value a line. Empty lines mean nothing. */
export function jsonLines(): Decoder {
	const splitter = new LineSplitter();
	return (chunk) =>
		splitter
			.take(chunk)
			.filter((line) => line.trim() !== "")
			.map((line) => JSON.parse(line) as unknown);
}

/** A decoder of server-sent events with JSON as their data. Comments, and fields other than `data`, mean nothing. */
export function serverSentEvents(): Decoder {
	const splitter = new LineSplitter();
	let data: string[] = [];
	return (chunk) => {
		const events: unknown[] = [];
		for (const line of splitter.take(chunk)) {
			if (line === "") {
				if (data.length > 0) events.push(JSON.parse(data.join("\n")));
				data = [];
			} else if (line.startsWith("data:")) {
				data.push(line.slice("data:".length).replace(/^ /, ""));
			}
		}
		return events;
	};
}
