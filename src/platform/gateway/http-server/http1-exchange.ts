/** One request on a connection of HTTP/1.1, and its response. */
import type { Duplex } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { BaseExchange } from "./base-exchange.ts";
import type { BodyReader, ClientExchange, Protocol, ResponseHead } from "./client-exchange.ts";
import type { RequestHead } from "./request-head.ts";
import { reasonOf, responseHeadText } from "./response-head.ts";

/** The connection of an exchange. */
export interface Carrier {
	readonly faults: FaultBoundary;
	/** The IP address of the client. */
	readonly address: string;
	/** Whether the connection closes after the exchange, whatever the client wants. */
	readonly isEnding: boolean;
	/** Whether the body of the request was read to its end. */
	readonly isReceived: boolean;
	/** Writes Latin-1, then data, then Latin-1. @returns whether more may be written at once */
	write(text: string, data: Buffer | undefined, tail: string): boolean;
	/** Call it once, when everything of the response is written. */
	ended(exchange: Http1Exchange): void;
	/** Closes the connection at once. */
	destroy(): void;
	readBody(reader: BodyReader): void;
	pauseBody(isPaused: boolean): void;
	/** Stops using the connection. @returns its stream, and the bytes that were read and not used */
	handOver(): { stream: Duplex; received: Buffer };
}

export class Http1Exchange extends BaseExchange implements ClientExchange {
	readonly #head: RequestHead;
	readonly #carrier: Carrier;
	readonly isPipelined: boolean;
	/** Whether another request may follow on the connection. */
	isKeptAlive: boolean;
	/** The head of the response until it is written. */
	#unsent = "";
	#isChunked = false;

	constructor(head: RequestHead, carrier: Carrier, isPipelined: boolean) {
		super(head, carrier);
		this.#head = head;
		this.#carrier = carrier;
		this.isPipelined = isPipelined;
		this.isKeptAlive = head.isKeptAlive && !head.isMalformed;
	}

	get protocol(): Protocol {
		return this.#head.isHttp10 ? "HTTP/1.0" : "HTTP/1.1";
	}

	get hasBody(): boolean {
		return this.#head.isChunked || (this.#head.length ?? 0) > 0;
	}

	get isReceived(): boolean {
		return this.isOver || this.#carrier.isReceived;
	}

	get upgrade(): string | undefined {
		return this.#head.upgrade;
	}

	read(reader: BodyReader): void {
		if (!this.isOver) this.#carrier.readBody(reader);
	}

	pause(): void {
		if (!this.isOver) this.#carrier.pauseBody(true);
	}

	resume(): void {
		if (!this.isOver) this.#carrier.pauseBody(false);
	}

	discard(): void {
		if (!this.isOver) this.#carrier.readBody(DISCARD);
	}

	sendContinue(): void {
		if (!this.isBegun && !this.isEnded) this.#carrier.write("HTTP/1.1 100 Continue\r\n\r\n", undefined, "");
	}

	closeAfterwards(): void {
		this.isKeptAlive = false;
	}

	begin(head: ResponseHead): void {
		if (this.isEnded) return;
		const { isHttp10 } = this.#head;
		const hasFraming = head.length !== undefined || head.status === 204 || head.status === 304;
		this.#isChunked = !hasFraming && !isHttp10;
		// HTTP/1.0 has no chunks, so the end of the connection is the end of the body.
		if ((!hasFraming && isHttp10) || this.#carrier.isEnding) this.isKeptAlive = false;
		this.#unsent = responseHeadText(head, this.#isChunked, this.isKeptAlive);
		this.noteBegin(head);
	}

	flush(): void {
		const text = this.#unsent;
		this.#unsent = "";
		if (text !== "" && !this.isEnded) this.#carrier.write(text, undefined, "");
	}

	write(data: Buffer): boolean {
		return this.isEnded || data.length === 0 || this.#send(data, false);
	}

	end(data?: Buffer): void {
		if (this.isEnded) return;
		this.isEnded = true;
		this.#send(data, true);
		this.#carrier.ended(this);
	}

	#send(data: Buffer | undefined, isLast: boolean): boolean {
		let text = this.#unsent;
		this.#unsent = "";
		const content = this.contentOf(data);
		let tail = "";
		if (this.#isChunked && this.hasContent) {
			if (content !== undefined) {
				text += `${content.length.toString(16)}\r\n`;
				tail = "\r\n";
			}
			if (isLast) tail += "0\r\n\r\n";
		}
		if (content === undefined && text === "" && tail === "") return true;
		return this.#carrier.write(text, content, tail);
	}

	cancel(): void {
		if (!this.isOver) this.#carrier.destroy();
	}

	switchProtocol(head: ResponseHead): { stream: Duplex; received: Buffer } {
		this.noteBegin(head);
		this.isEnded = true;
		this.#carrier.write(responseHeadText(head, false, undefined), undefined, "");
		return this.#carrier.handOver();
	}

	/** Answers a request that expects something unknown (RFC 9110, section 10.1.1). */
	refuseExpectation(): void {
		if (this.hasBody) this.closeAfterwards();
		const headers = ["Content-Length", "0"];
		this.begin({ status: 417, reason: reasonOf(417), headers, length: 0 });
		this.end();
	}
}

/** Gets what nobody wants to read. */
export const DISCARD: BodyReader = { onData: () => undefined, onEnd: () => undefined };
