/**
 * A client of an etcd cluster: finds a member that answers, authenticates, and repeats calls for a bounded time.
 *
 * Every call may be repeated: each change of the store is a transaction that has an effect once, however often it is
 * sent. So a broken connection needs no special case here.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { SecureContextOptions } from "node:tls";
import { closed, unreachable, verdictOn } from "./faults.ts";
import { authorityOf, type Endpoint, GrpcConnection, GrpcFault, type Metadata, STATUS } from "./grpc.ts";
import { AUTHENTICATE, KEEP_ALIVE, type Method } from "./messages.ts";
import { decode, encode, type Incoming, type Outgoing, type Schema, WireFault } from "./wire.ts";

/** The time for one attempt. A member that is cut off from the others does not answer. */
const ATTEMPT_MS = 5_000;
/** The time for all attempts of a call. The election of a new leader takes a few seconds. */
const CALL_MS = 20_000;
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

export interface EtcdAccess {
	/** The members, at least one. */
	readonly endpoints: readonly Endpoint[];
	/** Undefined: without TLS. */
	readonly tls?: SecureContextOptions | undefined;
	readonly user?: { readonly name: string; readonly password: string } | undefined;
	/** The time for all attempts of a call. Default: 20 seconds. */
	readonly timeoutMs?: number | undefined;
}

/** How far the attempts of one call are. */
interface Attempts {
	readonly endsMs: number;
	/** The last fault of each member. */
	readonly faults: Map<string, string>;
	/** Errors about certificates of attempts in a row. */
	certificates: number;
	tokens: number;
	count: number;
}

export class EtcdClient {
	readonly #access: EtcdAccess;
	readonly #closing = new AbortController();
	#connection: GrpcConnection | undefined;
	/** The index of the member of the connection. */
	#member = 0;
	#token: Promise<string> | undefined;

	constructor(access: EtcdAccess) {
		this.#access = access;
		// Each call that waits for its next attempt listens, and there can be many.
		setMaxListeners(0, this.#closing.signal);
	}

	/** Aborts when the client closes. */
	get closing(): AbortSignal {
		return this.#closing.signal;
	}

	close(): void {
		this.#closing.abort();
		this.#connection?.close();
	}

	/**
	 * Calls a method, on one member after the other, until one answers.
	 * @throws AppError `STORE_UNREACHABLE`, `STORE_CERTIFICATE_INVALID` (exit 6), `STORE_UNAUTHORISED`,
	 * `STORE_FORBIDDEN`, `STORE_CERTIFICATE_REFUSED` (exit 3), `STORE_FULL`, `STORE_REQUEST_TOO_LARGE`, `STORE_UNUSABLE`,
	 * `STORE_CLOSED` (exit 1)
	 */
	async call<In extends Schema, Out extends Schema>(
		method: Method<In, Out>,
		request: Outgoing<In>,
	): Promise<Incoming<Out>> {
		const bytes = encode(method.request, request);
		return await this.#attempt(async (connection, metadata) =>
			read(method.response, await connection.call(method.path, bytes, ATTEMPT_MS, metadata)),
		);
	}

	/** Renews a lease. @returns false if the lease has ended @throws as `call` */
	async keepAlive(id: bigint): Promise<boolean> {
		const request = encode(KEEP_ALIVE.request, { id });
		const answer = await this.#attempt((connection, metadata) =>
			connection.call(KEEP_ALIVE.path, request, ATTEMPT_MS, metadata),
		);
		return read(KEEP_ALIVE.response, answer).seconds > 0;
	}

	/** A connection to a member, for a stream, and what the stream has to send along. @throws GrpcFault, AppError */
	async connection(): Promise<{ connection: GrpcConnection; metadata: Metadata }> {
		const connection = this.#connected();
		return { connection, metadata: await this.#metadata(connection) };
	}

	/** Stops using a connection. The next call connects to the next member. */
	leave(connection: GrpcConnection): void {
		connection.close();
		if (this.#connection !== connection) return;
		this.#connection = undefined;
		this.#member = (this.#member + 1) % this.#access.endpoints.length;
	}

	/** Drops a token that etcd refused. */
	dropToken(): void {
		this.#token = undefined;
	}

	async #attempt<T>(work: (connection: GrpcConnection, metadata: Metadata) => Promise<T>): Promise<T> {
		const callMs = this.#access.timeoutMs ?? CALL_MS;
		const attempts = {
			endsMs: performance.now() + callMs,
			faults: new Map(),
			certificates: 0,
			tokens: 0,
			count: 0,
		};
		for (;;) {
			if (this.closing.aborted) throw closed();
			const connection = this.#connected();
			const address = authorityOf(this.#access.endpoints[this.#member] as Endpoint);
			try {
				return await work(connection, await this.#metadata(connection));
			} catch (error) {
				if (this.closing.aborted) throw closed();
				if (!(error instanceof GrpcFault)) throw error;
				this.#judge(error, address, connection, attempts);
			}
			const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempts.count++);
			if (performance.now() + pauseMs > attempts.endsMs) throw unreachable(attempts.faults, callMs / 1000);
			await delay(pauseMs, undefined, { signal: this.closing }).catch(() => undefined);
		}
	}

	/** Prepares the next attempt. @throws AppError if there should be none */
	#judge(fault: GrpcFault, address: string, connection: GrpcConnection, attempts: Attempts): void {
		const verdict = verdictOn(address, fault);
		if (verdict.kind === "final") throw verdict.error;
		attempts.faults.set(address, fault.message);
		if (verdict.kind === "authenticate" && this.#access.user !== undefined && attempts.tokens++ < 3) {
			this.dropToken();
			return;
		}
		attempts.certificates = verdict.error === undefined ? 0 : attempts.certificates + 1;
		if (verdict.error !== undefined && attempts.certificates >= this.#access.endpoints.length)
			throw verdict.error;
		this.leave(connection);
	}

	#connected(): GrpcConnection {
		if (this.closing.aborted) throw closed();
		if (this.#connection?.isUsable) return this.#connection;
		if (this.#connection !== undefined) this.leave(this.#connection);
		const { endpoints, tls } = this.#access;
		this.#connection = new GrpcConnection(endpoints[this.#member] as Endpoint, tls);
		return this.#connection;
	}

	async #metadata(connection: GrpcConnection): Promise<Metadata> {
		const { user } = this.#access;
		if (user === undefined) return {};
		this.#token ??= this.#authenticate(connection, user);
		const token = this.#token;
		try {
			return { token: await token };
		} catch (error) {
			if (this.#token === token) this.dropToken();
			throw error;
		}
	}

	async #authenticate(connection: GrpcConnection, user: EtcdAccess["user"] & object): Promise<string> {
		const request = encode(AUTHENTICATE.request, user);
		return read(AUTHENTICATE.response, await connection.call(AUTHENTICATE.path, request, ATTEMPT_MS)).token;
	}
}

function read<S extends Schema>(schema: S, bytes: Uint8Array): Incoming<S> {
	try {
		return decode(schema, bytes);
	} catch (error) {
		if (!(error instanceof WireFault)) throw error;
		throw new GrpcFault(STATUS.UNAVAILABLE, "the answer is not a message of etcd", true, error);
	}
}
