/** One request on a connection of HTTP/2, which is a stream of its own, and the response to it. */
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { BaseExchange } from "../http-server/base-exchange.ts";
import type { BodyReader, ClientExchange, ResponseHead } from "../http-server/client-exchange.ts";
import type { RequestHead } from "../http-server/request-head.ts";
import { refuse, stopReading } from "./refusal.ts";
import { responseFields } from "./response-fields.ts";

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** What an exchange needs of its connection. */
export interface StreamCarrier {
	readonly faults: FaultBoundary;
	/** The IP address of the client. */
	readonly address: string;
	/** Called once when the stream has closed. @param isCancelled whether that was not because of the gateway */
	readonly onStreamClosed: (exchange: Http2Exchange, isCancelled: boolean) => void;
}

export class Http2Exchange extends BaseExchange implements ClientExchange {
	readonly #stream: ServerHttp2Stream;
	readonly #carrier: StreamCarrier;
	readonly protocol = "HTTP/2";
	readonly hasBody: boolean;
	readonly isPipelined = false;
	/** Its fields are refused in a request of HTTP/2. */
	readonly upgrade = undefined;
	/** `performance.now()` */
	readonly startedMs = performance.now();
	isReceived: boolean;
	/** The number of bytes of the body that have arrived. */
	bodyBytes = 0;
	#reader: BodyReader | undefined;
	/** The head of the response until it is sent. */
	#unsent: ResponseHead | undefined;
	/** Whether the end of the stream waits for `#endStream`. */
	#waits = false;
	#isCancelled = false;

	/** @param hasEnded whether the stream ends with the head of the request */
	constructor(head: RequestHead, stream: ServerHttp2Stream, hasEnded: boolean, carrier: StreamCarrier) {
		super(head, carrier);
		this.#stream = stream;
		this.#carrier = carrier;
		this.hasBody = !hasEnded && head.length !== 0;
		this.isReceived = hasEnded;
		const { faults } = carrier;
		const cancel = () => this.cancel();
		const on = (event: string, listener: () => void) => stream.on(event, faults.callback(listener, cancel));
		on("drain", () => this.onDrain?.());
		on("finish", () => this.#finished());
		on("wantTrailers", () => this.#endStream());
		on("end", () => this.#received());
		on("close", () => this.#closed());
	}

	read(reader: BodyReader): void {
		if (this.isOver) return;
		this.#reader = reader;
		const { faults } = this.#carrier;
		const take = (data: Buffer) => {
			this.bodyBytes += data.length;
			this.#reader?.onData(data);
		};
		this.#stream.on(
			"data",
			faults.callback(take, () => this.cancel()),
		);
		// The end of a body of length 0 may have been read before.
		if (this.isReceived) reader.onEnd();
	}

	pause(): void {
		if (!this.isOver) this.#stream.pause();
	}

	resume(): void {
		if (!this.isOver) this.#stream.resume();
	}

	discard(): void {
		this.#reader = undefined;
		this.#stream.resume();
	}

	sendContinue(): void {
		if (!this.isBegun && this.#isWritable) this.#stream.additionalHeaders({ ":status": 100 });
	}

	/** Another request is another stream. */
	closeAfterwards(): void {}

	begin(head: ResponseHead): void {
		if (this.isEnded) return;
		this.#unsent = head;
		this.noteBegin(head);
	}

	flush(): void {
		this.#sendHead({});
	}

	write(data: Buffer): boolean {
		if (this.isEnded) return true;
		this.#sendHead({});
		if (!this.hasContent || data.length === 0 || !this.#isWritable) return true;
		return this.#stream.write(data);
	}

	end(data?: Buffer): void {
		if (this.isEnded) return;
		const content = this.contentOf(data);
		const isEmpty = content === undefined && this.#unsent !== undefined;
		this.#sendHead({ isLast: true, isEmpty });
		this.isEnded = true;
		// Nothing is left to be sent.
		if (isEmpty || !this.hasContent) this.#sent();
		else if (content === undefined) this.#stream.end();
		else this.#stream.end(content);
	}

	cancel(): void {
		if (this.isOver) return;
		this.#isCancelled = true;
		this.#stream.close(this.isBegun ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL);
	}

	switchProtocol(): { stream: Duplex; received: Buffer } {
		throw new TypeError("HTTP/2 has no upgrades.");
	}

	/** Ends a request whose body came too slowly. */
	expire(): void {
		if (this.isOver) return;
		if (this.isBegun || !this.#isWritable) {
			this.cancel();
			return;
		}
		refuse(this.#stream, 408, this.#carrier.faults);
		this.over(false);
	}

	get #isWritable(): boolean {
		return !this.#stream.destroyed && !this.#stream.closed;
	}

	/**
	 * Sends the head, unless it was sent.
	 * @param isLast whether the whole body follows at once @param isEmpty whether there is none
	 */
	#sendHead({ isEmpty = false, isLast = false }): void {
		const head = this.#unsent;
		this.#unsent = undefined;
		if (head === undefined || this.isEnded || !this.#isWritable) return;
		// Node ends a stream before it resets it. Only a length, or an end that waits, lets the client see the difference.
		this.#waits = !isLast && this.hasContent && head.length === undefined;
		const options = { endStream: isEmpty || !this.hasContent, waitForTrailers: this.#waits };
		this.#stream.respond(responseFields(head.status, head.headers), options);
	}

	/** Node has everything of the response. The writable side of a HEAD request finishes at its beginning. */
	#finished(): void {
		if (this.isEnded && !this.#waits) this.#sent();
	}

	/** Ends a response without a length. It has no trailers. Not called if the stream was reset. */
	#endStream(): void {
		if (!this.isEnded) return;
		this.#stream.sendTrailers({});
		// Node sends them in a task of its own, which comes before this one.
		setImmediate(this.#carrier.faults.callback(() => this.#sent()));
	}

	#sent(): void {
		if (this.isOver) return;
		this.over(true);
		this.#reader = undefined;
		if (!this.isReceived) stopReading(this.#stream, this.#carrier.faults);
	}

	/** Node also reports the end if the client has cancelled the stream. Then the body may be incomplete. */
	#received(): void {
		if (!this.#isWritable || this.isReceived) return;
		this.isReceived = true;
		this.#reader?.onEnd();
	}

	#closed(): void {
		// A stream that both sides have ended closes before Node reports that the response is finished.
		const isComplete = this.isEnded && !this.#isCancelled && this.#stream.rstCode === NGHTTP2_NO_ERROR;
		const isCancelled = !this.isOver && !isComplete && !this.#isCancelled;
		this.over(isComplete);
		this.#carrier.onStreamClosed(this, isCancelled);
	}
}
