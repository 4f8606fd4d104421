/**
 * Connections to a member over `@grpc/grpc-js`: calls with one message in each direction, and streams of messages.
 *
 * The library can choose members, repeat calls, use the connections of other clients, and use a proxy that the environment
 * names. All of that is off: `EtcdClient` chooses and repeats, since it knows which call may be repeated.
 */
import { isIP } from "node:net";
import type { SecureContextOptions } from "node:tls";
import {
	type ChannelOptions,
	Client,
	connectivityState,
	Metadata as Headers,
	logVerbosity,
	type ServiceError,
	status as STATUS,
	type StatusObject,
	setLogVerbosity,
} from "@grpc/grpc-js";
import { MemberSockets } from "./member-sockets.ts";

export { STATUS };

// The platform's log consists of lines of JSON, and traces could contain the token.
setLogVerbosity(logVerbosity.NONE);

/** The largest message that is accepted. The driver asks for pages that are smaller. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
/** A message of 1 MiB arrives without a pause. */
const WINDOW_BYTES = 4 * 1024 * 1024;

const OPTIONS: ChannelOptions = {
	"grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
	"grpc-node.flow_control_window": WINDOW_BYTES,
	"grpc.enable_retries": 0,
	"grpc.enable_http_proxy": 0,
	"grpc.enable_channelz": 0,
	// Otherwise a new connection waits if an earlier one to the same member failed.
	"grpc.use_local_subchannel_pool": 1,
	// Otherwise the library asks DNS for settings, such as for repetitions.
	"grpc.service_config_disable_resolution": 1,
};

export interface Endpoint {
	readonly host: string;
	readonly port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function authorityOf({ host, port }: Endpoint): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export type Metadata = Readonly<Record<string, string>>;

/** A call that failed. */
export class GrpcFault extends Error {
	/** A status of gRPC. */
	readonly status: number;
	/** Whether the server answered. If not, the connection failed or the time limit passed. */
	readonly isAnswer: boolean;

	constructor(status: number, message: string, isAnswer: boolean, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.status = status;
		this.isAnswer = isAnswer;
	}
}

/** Statuses that the library gives to calls without an answer. etcd uses some of them too, for what passes. */
const LOCAL = new Set<number>([
	STATUS.CANCELLED,
	STATUS.DEADLINE_EXCEEDED,
	STATUS.INTERNAL,
	STATUS.UNAVAILABLE,
]);
const LOCAL_TEXT = /^(Received HTTP status code|Bandwidth exhausted|Protocol not secure enough)/;
/** What the library says if it cannot connect. */
const NOT_CONNECTED =
	/^No connection established\. Last error: (?:Error: )?(.*?)(?: \([^()]*\))?\. Resolution note: .*$/s;

/** What a stream reports. `onEnd` is called once, last. */
export interface StreamListener {
	onMessage(message: Uint8Array): void;
	onEnd(fault: GrpcFault): void;
}

const serialized = (message: Uint8Array) => Buffer.from(message.buffer, message.byteOffset, message.length);
const deserialized = (bytes: Buffer) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

function headersOf(metadata: Metadata): Headers {
	const headers = new Headers();
	for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
	return headers;
}

/** One connection. */
export class GrpcConnection {
	readonly #client: Client;
	readonly #sockets: MemberSockets;
	/** Ends each call in progress. */
	readonly #calls = new Set<() => void>();
	#isClosed = false;

	/** Connects with the first call. @param tls undefined: without TLS */
	constructor(endpoint: Endpoint, tls: SecureContextOptions | undefined) {
		this.#sockets = new MemberSockets(endpoint.host, tls);
		const version = isIP(endpoint.host);
		const target = `${version === 0 ? "dns" : `ipv${version}`}:${authorityOf(endpoint)}`;
		this.#client = new Client(target, this.#sockets, OPTIONS);
	}

	/** Whether new calls may be made. */
	get isUsable(): boolean {
		if (this.#isClosed) return false;
		return this.#client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE;
	}

	/** Ends the connection and all its calls. */
	close(): void {
		this.#isClosed = true;
		for (const end of this.#calls) end();
		this.#client.close();
		this.#sockets.close();
	}

	/** Calls a method. @returns the bytes of the answer @throws GrpcFault */
	call(path: string, request: Uint8Array, timeoutMs: number, metadata: Metadata = {}): Promise<Uint8Array> {
		return new Promise((resolve, reject) => {
			const onEnd = (error: ServiceError | null, answer?: Uint8Array) => {
				this.#calls.delete(end);
				if (error === null) resolve(answer ?? new Uint8Array(0));
				else reject(this.#faultOf(error));
			};
			const options = { deadline: Date.now() + timeoutMs };
			const call = this.#begun(() =>
				this.#client.makeUnaryRequest(
					...([path, serialized, deserialized, request, headersOf(metadata), options, onEnd] as const),
				),
			);
			const end = () => call.cancel();
			this.#calls.add(end);
		});
	}

	/** Opens a stream. @returns functions that send a message and end the stream @throws GrpcFault */
	stream(path: string, metadata: Metadata, listener: StreamListener) {
		const stream = this.#begun(() =>
			this.#client.makeBidiStreamRequest(path, serialized, deserialized, headersOf(metadata), {}),
		);
		const end = () => stream.cancel();
		this.#calls.add(end);
		stream.on("data", (message: Uint8Array) => listener.onMessage(message));
		// The status says the same.
		stream.on("error", () => undefined);
		stream.once("status", (status: StatusObject) => {
			this.#calls.delete(end);
			listener.onEnd(this.#faultOf(status));
		});
		return { send: (message: Uint8Array) => void stream.write(message), close: end };
	}

	#faultOf({ code, details }: Pick<StatusObject, "code" | "details">): GrpcFault {
		const isAnswer = !LOCAL.has(code) && !LOCAL_TEXT.test(details);
		const cause = isAnswer ? undefined : this.#sockets.fault;
		return new GrpcFault(code, details.replace(NOT_CONNECTED, "$1"), isAnswer, cause);
	}

	/** Begins a call. @throws GrpcFault if the connection is closed */
	#begun<Call>(begin: () => Call): Call {
		try {
			return begin();
		} catch (error) {
			throw new GrpcFault(STATUS.UNAVAILABLE, (error as Error).message, false, error);
		}
	}
}
