/** What the exchanges of both versions of HTTP share: the head of the request, and the state of the response. */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ClientExchange, ResponseHead } from "./client-exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** What an exchange needs of its connection. */
interface Connection {
	readonly faults: FaultBoundary;
	/** The IP address of the client. */
	readonly address: string;
}

export abstract class BaseExchange
	implements
		Pick<
			ClientExchange,
			| ("method" | "target" | "headers" | "address" | "length" | "isMalformed" | "isWaiting")
			| ("isOver" | "isBegun" | "status" | "onDrain" | "onGone" | "onOver")
		>
{
	readonly method: string;
	readonly target: string;
	readonly headers: readonly string[];
	readonly length: number | undefined;
	readonly address: string;
	readonly isMalformed: boolean;
	readonly isWaiting: boolean;
	isOver = false;
	isBegun = false;
	status = 0;
	onDrain: (() => void) | undefined;
	onGone: (() => void) | undefined;
	onOver: ((isComplete: boolean) => void) | undefined;
	/** Whether nothing more of the response is sent. */
	protected isEnded = false;
	/** Whether the response has a body. Known once it has begun. */
	protected hasContent = true;
	readonly #faults: FaultBoundary;

	constructor(head: RequestHead, { address, faults }: Connection) {
		this.method = head.method;
		this.target = head.target;
		this.headers = head.headers;
		this.length = head.length;
		this.address = address;
		this.isMalformed = head.isMalformed;
		this.isWaiting = head.expects === "continue";
		this.#faults = faults;
	}

	/** Notes that the response has begun. */
	protected noteBegin({ status }: ResponseHead): void {
		this.hasContent = this.method !== "HEAD" && status !== 204 && status !== 304;
		this.status = status;
		this.isBegun = true;
	}

	/** The data that is sent as the body, or a part of it. Undefined if there is none. */
	protected contentOf(data: Buffer | undefined): Buffer | undefined {
		return this.hasContent && data !== undefined && data.length > 0 ? data : undefined;
	}

	/** Ends the exchange. Called by the connection. Never throws. */
	over(isComplete: boolean): void {
		if (this.isOver) return;
		this.isOver = true;
		this.isEnded = true;
		const { onGone, onOver } = this;
		if (onOver !== undefined) this.#faults.run(() => onOver(isComplete));
		if (onGone !== undefined && !isComplete) this.#faults.run(onGone);
	}
}
