/**
 * `Deno.listen` and `Deno.serveHttp` for code that predates `Deno.serve`, such as a copy of the standard library's old
 * `http/server.ts`. Each request to the function's socket arrives on a separate virtual connection, so a handler that
 * leaves its loop early misses no request.
 */
import type { Serve } from "./serve.ts";

interface RequestEvent {
	request: Request;
	respondWith(response: Response | Promise<Response>): Promise<void>;
}

class VirtualConnection {
	readonly rid = -1;
	readonly localAddr: Deno.NetAddr;
	readonly remoteAddr: Deno.Addr;
	/** The response that the server waits for. */
	readonly response: Promise<Response>;
	#event: RequestEvent | undefined;
	#isAnswered = false;
	#settle: { resolve: (response: Response) => void; reject: (error: unknown) => void };

	constructor(request: Request, localAddr: Deno.NetAddr, remoteAddr: Deno.Addr) {
		this.localAddr = localAddr;
		this.remoteAddr = remoteAddr;
		const { promise, resolve, reject } = Promise.withResolvers<Response>();
		this.response = promise;
		this.#settle = { resolve, reject };
		this.#event = { request, respondWith: (response) => this.#respond(response) };
	}

	async #respond(response: Response | Promise<Response>): Promise<void> {
		this.#isAnswered = true;
		try {
			this.#settle.resolve(await response);
		} catch (error) {
			this.#settle.reject(error);
		}
	}

	/** Returns the one request; then, after its response, null. */
	async nextRequest(): Promise<RequestEvent | null> {
		const event = this.#event;
		this.#event = undefined;
		if (event === undefined) await this.response.catch(() => undefined);
		return event ?? null;
	}

	close(): void {
		if (!this.#isAnswered) this.#settle.reject(new Deno.errors.BadResource("Closed without a response."));
	}

	read(): Promise<never> {
		return Promise.reject(
			new Deno.errors.NotSupported("A function can serve HTTP, but not raw connections."),
		);
	}

	write(): Promise<never> {
		return this.read();
	}
}

interface Waiting {
	resolve: (connection: VirtualConnection) => void;
	reject: (error: Error) => void;
}

class VirtualListener {
	readonly rid = -1;
	readonly addr: Deno.NetAddr;
	#serve: Serve;
	#server: Deno.HttpServer | undefined;
	#connections: VirtualConnection[] = [];
	#waiting: Waiting[] = [];
	#isClosed = false;

	constructor(serve: Serve, options: { hostname?: string; port?: number }) {
		this.#serve = serve;
		const hostname = options.hostname ?? "0.0.0.0";
		this.addr = { transport: "tcp", hostname, port: options.port ?? 0 };
	}

	accept(): Promise<VirtualConnection> {
		if (this.#isClosed) return Promise.reject(this.#closed());
		this.#server ??= this.#serve((request: Request, info: Deno.ServeHandlerInfo) => {
			const connection = new VirtualConnection(request, this.addr, info.remoteAddr);
			const waiting = this.#waiting.shift();
			if (waiting === undefined) this.#connections.push(connection);
			else waiting.resolve(connection);
			return connection.response;
		});
		const connection = this.#connections.shift();
		if (connection !== undefined) return Promise.resolve(connection);
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	close(): void {
		this.#isClosed = true;
		void this.#server?.shutdown();
		for (const { reject } of this.#waiting.splice(0)) reject(this.#closed());
	}

	ref(): void {}
	unref(): void {}

	async *[Symbol.asyncIterator](): AsyncGenerator<VirtualConnection> {
		while (!this.#isClosed) {
			const connection = await this.accept().catch(() => undefined);
			if (connection !== undefined) yield connection;
		}
	}

	#closed(): Error {
		return new Deno.errors.BadResource("The listener has been closed.");
	}
}

function serveHttp(connection: VirtualConnection) {
	const nextRequest = () => connection.nextRequest();
	return {
		rid: -1,
		nextRequest,
		close: () => connection.close(),
		async *[Symbol.asyncIterator](): AsyncGenerator<RequestEvent> {
			for (let event = await nextRequest(); event !== null; event = await nextRequest()) yield event;
		},
	};
}

/** Replaces `Deno.listen`, `Deno.listenTls` and `Deno.serveHttp` with versions that use `serve`. */
export function installListen(serve: Serve): void {
	const listen = (options: { hostname?: string; port?: number }) => new VirtualListener(serve, options);
	for (const [name, value] of Object.entries({ listen, listenTls: listen, serveHttp })) {
		Object.defineProperty(Deno, name, { configurable: true, enumerable: true, writable: true, value });
	}
}
