/**
 * The interface of one request of a client and its response. The gateway uses nothing else of a client's connection,
 * so it does not depend on the version of HTTP that the client uses.
 */
import type { Duplex } from "node:stream";

/** Gets the body of a request. */
export interface BodyReader {
	readonly onData: (data: Buffer) => void;
	/** Called once, after the last byte. It is not called if the client disconnects. */
	readonly onEnd: () => void;
}

/** The body of a request. Nothing of it is read before `read` or `discard` is called. */
export interface ClientBody {
	/** Passes the body to a reader, from its beginning. Call it at most once. */
	read(reader: BodyReader): void;
	/** Pauses the reader. It may still get data that has arrived. */
	pause(): void;
	resume(): void;
	/** Drops what the reader has not got, so that the client can send another request. */
	discard(): void;
}

/** The status line and the headers of a response. */
export interface ResponseHead {
	readonly status: number;
	readonly reason: string;
	/** A flat list (`[name, value, …]`) without headers of the connection. It declares the length if there is one. */
	readonly headers: readonly string[];
	/** The declared length of the body. Undefined if the end of the response is the end of the body. */
	readonly length: number | undefined;
}

/** The version of HTTP that a client uses. */
export type Protocol = "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";

export interface ClientExchange extends ClientBody {
	readonly protocol: Protocol;
	readonly method: string;
	/** As on the request line of HTTP/1.1. */
	readonly target: string;
	/** A flat list (`[name, value, …]`) in the order and the spelling of the client. */
	readonly headers: readonly string[];
	/** The IP address of the client. */
	readonly address: string;
	/** The declared length of the body; undefined if there is none. */
	readonly length: number | undefined;
	/** Whether the request has a body. */
	readonly hasBody: boolean;
	/** Whether the whole request was read. */
	readonly isReceived: boolean;
	/** Whether another program could understand the request in another way. */
	readonly isMalformed: boolean;
	/** Whether the client waits for `sendContinue` before it sends the body. */
	readonly isWaiting: boolean;
	/** The protocols to which the client wants to change, or undefined. HTTP/2 has no such requests. */
	readonly upgrade: string | undefined;
	/** Whether the client sent this request before it had the response to the one before. */
	readonly isPipelined: boolean;

	/** Whether `begin` was called. */
	readonly isBegun: boolean;
	/** The status of the response, once it has begun. */
	readonly status: number;
	/** Whether the response is complete or the client has disconnected. Then none of the methods has an effect. */
	readonly isOver: boolean;
	/** Called when the client has read enough after `write` returned false. Never throws. */
	onDrain: (() => void) | undefined;
	/** Called once if the client disconnects before the response is complete. Never throws. */
	onGone: (() => void) | undefined;
	/** Called once when the exchange is over, before `onGone`. Never throws. @param isComplete whether the response is complete */
	onOver: ((isComplete: boolean) => void) | undefined;

	/** Tells the client to send the body. */
	sendContinue(): void;
	/** Begins the response. The head is sent together with the first part of the body. */
	begin(head: ResponseHead): void;
	/** Sends the head if it was not sent. */
	flush(): void;
	/** Sends a part of the body. @returns whether the caller may send more at once; otherwise wait for `onDrain` */
	write(data: Buffer): boolean;
	/** Completes the response. @param data the last part of the body */
	end(data?: Buffer): void;
	/** With HTTP/1.1, no other request of this connection is answered. Call it before the head is sent. */
	closeAfterwards(): void;
	/** Ends the exchange at once, so that the client sees an incomplete response. */
	cancel(): void;
	/**
	 * Sends the head of a response that changes the protocol.
	 * @returns the client's connection, and the bytes that the client has sent on it after its request
	 */
	switchProtocol(head: ResponseHead): { stream: Duplex; received: Buffer };
}
