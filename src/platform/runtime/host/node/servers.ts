/**
 * Makes Node's servers listen on the function's socket: `createServer().listen(3000)`, and libraries that use it, such
 * as express, fastify, koa and ws.
 */
import type { IncomingMessage } from "node:http";
import type { ListenOptions, Server } from "node:net";
import { slot } from "../server-slot.ts";

/** The port that `address()` returns if the function requested any port. */
const ANY_PORT = 8000;

interface Asked {
	readonly host: string;
	readonly port: number;
	readonly options: ListenOptions;
}

/** The arguments of `listen`; undefined if they name a path or a descriptor instead of a TCP port. */
function readArguments([first, second]: readonly unknown[]): Asked | undefined {
	if (first !== null && typeof first === "object") {
		const options = first as ListenOptions;
		// An object without a port is another way to listen, or an error that Node explains.
		if (options.path !== undefined || options.port === undefined) return undefined;
		return { host: options.host ?? "::", port: Number(options.port), options };
	}
	if (typeof first === "string" && !/^\d+$/.test(first)) return undefined;
	const port = typeof first === "number" || typeof first === "string" ? Number(first) : 0;
	return { host: typeof second === "string" ? second : "::", port, options: {} };
}

/** The reason why this kind of server cannot serve a function. */
function unsuitable(server: Server): string | undefined {
	// These properties identify tls.Server (which https.Server extends) and http2.Server.
	if ("addContext" in server)
		return "A function serves HTTP without TLS, which the gateway adds: use node:http in place of node:https.";
	if ("updateSettings" in server)
		return "A function serves HTTP/1.1, which the gateway uses: use node:http in place of node:http2.";
	return undefined;
}

function failure(message: string, { host, port }: Asked): Error {
	const error = new Error(`listen EADDRINUSE: ${message}`);
	return Object.assign(error, { code: "EADDRINUSE", errno: -98, syscall: "listen", address: host, port });
}

/** Sets the address of a request's client, as the gateway reports it. A Unix socket has none. */
function setClientAddress({ headers, socket }: IncomingMessage): void {
	const forwarded = headers["x-forwarded-for"];
	const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded) ?? "127.0.0.1";
	const remoteAddress = first.replace(/,.*/s, "").trim();
	const remoteFamily = remoteAddress.includes(":") ? "IPv6" : "IPv4";
	for (const [name, value] of Object.entries({ remoteAddress, remoteFamily, remotePort: 0 }))
		Object.defineProperty(socket, name, { configurable: true, enumerable: true, value });
}

function serveOnSlot(server: Server, asked: Asked): void {
	const port = asked.port === 0 ? ANY_PORT : asked.port;
	const family = asked.host.includes(":") ? "IPv6" : "IPv4";
	Object.defineProperty(server, "address", {
		configurable: true,
		value: () => (server.listening ? { address: asked.host, family, port } : null),
	});
	server.once("listening", () => slot.onReady());
	server.once("close", () => slot.release());
	server.prependListener("request", setClientAddress);
	server.prependListener("upgrade", setClientAddress);
	// The gateway reuses connections. If the server closes one while a request is being sent, that request is lost.
	if ("keepAliveTimeout" in server) server.keepAliveTimeout = 0;
}

/** The prototypes whose `listen` is replaced already. */
const installed = new WeakSet<object>();

/** Replaces `listen` of all servers. @param net `node:net` */
export function installServers({ Server: { prototype } }: typeof import("node:net")): void {
	if (installed.has(prototype)) return;
	installed.add(prototype);
	const nativeListen = prototype.listen as (...args: unknown[]) => Server;
	prototype.listen = function listen(this: Server, ...args: unknown[]): Server {
		const asked = readArguments(args);
		if (asked === undefined) return nativeListen.apply(this, args);
		const refusal = unsuitable(this) ?? slot.claim(`port ${asked.port}`);
		if (refusal !== undefined) {
			queueMicrotask(() => this.emit("error", failure(refusal, asked)));
			return this;
		}
		serveOnSlot(this, asked);
		const callback = args.findLast((argument) => typeof argument === "function");
		const { backlog, signal } = asked.options;
		const options = { path: slot.socketPath, ...(backlog && { backlog }), ...(signal && { signal }) };
		return nativeListen.call(this, options, ...(callback === undefined ? [] : [callback]));
	};
}
