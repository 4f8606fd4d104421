/** The logs of a platform that stores no lines: each line and each request is passed on when it arrives. */
import type {
	DroppedLines,
	Following,
	FunctionLogs,
	KeptLines,
	LogLine,
	RequestLine,
} from "../../platform/logs/function-logs.ts";

type OnLine<Line> = (lifetime: string, line: Line) => void;

class PassedLines<Line> implements KeptLines<Line> {
	readonly #onLine: OnLine<Line>;

	constructor(onLine: OnLine<Line>) {
		this.#onLine = onLine;
	}

	append(_app: string, lifetime: string, line: Line): void {
		this.#onLine(lifetime, line);
	}

	async read(): Promise<[]> {
		return [];
	}

	async follow(): Promise<Following<Line>> {
		return { lines: [], stop: () => {} };
	}

	position(): string {
		return "";
	}
}

export class LiveLogs extends PassedLines<LogLine> implements FunctionLogs {
	readonly requests: KeptLines<RequestLine>;
	readonly dropped: DroppedLines = { output: 0, requests: 0 };

	/** Both callbacks get the lifetime of a function, or `NO_FUNCTION`. */
	constructor(onLine: OnLine<LogLine>, onRequest: OnLine<RequestLine>) {
		super(onLine);
		this.requests = new PassedLines(onRequest);
	}

	async forget(): Promise<void> {}

	async forgetAll(): Promise<void> {}

	async keepOnly(): Promise<void> {}

	async close(): Promise<void> {}
}
