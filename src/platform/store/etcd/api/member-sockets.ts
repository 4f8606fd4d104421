/**
 * The sockets of a connection to etcd, with or without TLS.
 *
 * The library opens sockets itself. But it leaves one open for good if the connection is closed before the member has said
 * something, as one that is suspended does not. Of errors in TLS it keeps only the text. And it sends the address of a
 * member without a name as its name, about which Node prints a warning. So it gets its sockets from here.
 */
import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { type CallCredentials, ChannelCredentials, credentials } from "@grpc/grpc-js";

interface Secured {
	readonly socket: Socket;
	readonly secure: boolean;
}

export class MemberSockets extends ChannelCredentials {
	readonly #host: string;
	/** Undefined: without TLS. */
	readonly #context: SecureContext | undefined;
	readonly #sockets = new Set<Socket>();
	#isClosed = false;
	/** The first error in TLS. */
	fault: Error | undefined;

	/** @throws Error if a certificate or key cannot be read */
	constructor(host: string, tls: SecureContextOptions | undefined) {
		super();
		this.#host = host;
		this.#context = tls && createSecureContext(tls);
	}

	/** Ends all connections. */
	close(): void {
		this.#isClosed = true;
		for (const socket of this.#sockets) socket.destroy();
	}

	override _isSecure(): boolean {
		return this.#context !== undefined;
	}

	override _equals(other: ChannelCredentials): boolean {
		return this === other;
	}

	override _createSecureConnector(_target: unknown, _options: unknown, own?: CallCredentials) {
		return {
			connect: (socket: Socket) => this.#secured(this.#kept(socket)),
			waitForReady: async () => {},
			getCallCredentials: () => own ?? credentials.createEmpty(),
			destroy: () => {},
		};
	}

	#kept(socket: Socket): Socket {
		this.#sockets.add(socket);
		socket.once("close", () => this.#sockets.delete(socket));
		if (this.#isClosed) socket.destroy();
		return socket;
	}

	#secured(socket: Socket): Promise<Secured> {
		const secureContext = this.#context;
		if (secureContext === undefined) return Promise.resolve({ socket, secure: false });
		return new Promise((resolve, reject) => {
			const servername = isIP(this.#host) === 0 ? { servername: this.#host } : {};
			const options = { socket, secureContext, host: this.#host, ALPNProtocols: ["h2"], ...servername };
			const secured = connect(options, () => resolve({ socket: secured, secure: true }));
			secured.on("error", (error) => {
				this.fault ??= error;
				reject(error);
			});
			secured.once("close", () => reject(new Error("the connection ended during the handshake")));
		});
	}
}
