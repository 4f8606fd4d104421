/** The TLS of the gateway's connections, from the accepted connection to the end of its handshake. */
import type { Socket } from "node:net";
import {
	createServer,
	type SecureContextOptions,
	type Server,
	type TLSSocket,
	type TlsOptions,
} from "node:tls";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import { Certificates, type GatewayTls } from "./certificates.ts";

/** A connection whose handshake is not complete. Node ends it if it takes too long. */
export class Handshake {
	readonly #socket: Socket;

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	destroy(): void {
		this.#socket.destroy();
	}

	check(): void {}
}

export interface HandshakesOptions {
	readonly tls: GatewayTls;
	readonly timeoutMs: number;
	readonly faults: FaultBoundary;
}

type ChooseContext = NonNullable<TlsOptions["SNICallback"]>;

export class TlsHandshakes {
	readonly #certificates: Certificates;
	readonly #server: Server;
	readonly #faults: FaultBoundary;
	#default: SecureContextOptions;
	/** What follows the handshakes in progress, by the address and port of the client. */
	readonly #pending = new Map<string, (socket: TLSSocket) => void>();

	/** @throws AppError as `readPair` */
	constructor({ faults, timeoutMs, tls }: HandshakesOptions) {
		const certificates = new Certificates(tls);
		this.#certificates = certificates;
		this.#faults = faults;
		this.#default = certificates.default;
		this.#server = createServer({
			...this.#default,
			ALPNProtocols: ["h2", "http/1.1"],
			handshakeTimeout: timeoutMs,
			SNICallback: faults.callback<Parameters<ChooseContext>>(
				(host, choose) => choose(null, certificates.contextFor(host)),
				(_error, _host, choose) => choose(new Error("The certificate could not be chosen.")),
			),
		});
		const secured = (socket: TLSSocket) => {
			const key = keyOf(socket);
			const next = this.#pending.get(key);
			this.#pending.delete(key);
			if (next === undefined) socket.destroy();
			else next(socket);
		};
		this.#server.on(
			"secureConnection",
			faults.callback(secured, (_error, socket) => socket.destroy()),
		);
		// The connection closes. That a client sends no valid handshake is no fault of the platform.
		const failed = (_error: Error, socket: TLSSocket) => socket.destroy();
		this.#server.on(
			"tlsClientError",
			faults.callback(failed, (_fault, _error, socket) => socket.destroy()),
		);
	}

	/** Begins the handshake of an accepted connection. @param next called at its end, unless the connection closes before */
	begin(socket: Socket, next: (socket: TLSSocket) => void): void {
		this.#certificates.refresh();
		if (this.#default !== this.#certificates.default) {
			this.#default = this.#certificates.default;
			this.#server.setSecureContext(this.#default);
		}
		const key = keyOf(socket);
		this.#pending.set(key, next);
		const forget = () => {
			if (this.#pending.get(key) === next) this.#pending.delete(key);
		};
		socket.once("close", this.#faults.callback(forget, forget));
		this.#server.emit("connection", socket);
	}
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
	return `${remoteAddress} ${remotePort}`;
}
