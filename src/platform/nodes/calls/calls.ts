/** Requests between nodes: to other nodes, and from them. */
import type { Clock } from "../../machine/clock.ts";
import type { NodeInfo } from "../announcement.ts";
import { post } from "./post.ts";
import {
	callKey,
	type NodeRequest,
	openAnswer,
	openRequest,
	requestId,
	sealAnswer,
	sealRequest,
} from "./sealed.ts";
import { Tickets } from "./tickets.ts";

/** The path of the control API that nodes call. */
export const NODE_CALL_PATH = "/v1/nodes/logs";
export const NODE_CALL_MEDIA_TYPE = "application/octet-stream";

/** A request of another node. */
export interface AcceptedCall {
	readonly request: NodeRequest;
	/** Encrypts the answer for the node that asked. */
	seal(answer: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}

/** A node that can be asked. */
export type CallableNode = Pick<NodeInfo, "node" | "address" | "ticket">;

export class NodeCalls {
	readonly #node: string;
	readonly #key: Uint8Array;
	readonly #tickets: Tickets;

	/** @param stateKey the key of the platform's identity for stored state: 32 bytes */
	constructor(node: string, stateKey: Uint8Array, clock: Pick<Clock, "monotonicMs">) {
		this.#node = node;
		this.#key = callKey(stateKey);
		this.#tickets = new Tickets(clock.monotonicMs);
	}

	/** What this node shows the others so that they can ask it. */
	ticket(): string {
		return this.#tickets.present();
	}

	/**
	 * Asks a node.
	 * @returns the parts of its answer
	 * @throws Error if the node does not answer, refuses, or the answer is cut or not authentic; the signal's reason
	 */
	async *ask(
		{ address, node, ticket }: CallableNode,
		request: NodeRequest,
		signal: AbortSignal,
	): AsyncGenerator<string, void, void> {
		const key = this.#key;
		const sealed = sealRequest(request, { key, node, ticket });
		const chunks = await post(new URL(address + NODE_CALL_PATH), NODE_CALL_MEDIA_TYPE, sealed, signal);
		yield* openAnswer(chunks, { id: requestId(sealed), key });
	}

	/** Opens a request. Undefined if no node of this platform made it for this node, or if it was made too long ago, or used before. */
	accept(sealed: Uint8Array): AcceptedCall | undefined {
		const [key, node] = [this.#key, this.#node];
		const id = requestId(sealed);
		for (const ticket of this.#tickets.accepted()) {
			const request = openRequest(sealed, { key, node, ticket });
			if (request === undefined) continue;
			if (!this.#tickets.use(ticket, id)) return undefined;
			return { request, seal: (answer) => sealAnswer(answer, { id, key }) };
		}
		return undefined;
	}
}
