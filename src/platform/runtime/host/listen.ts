/**
 * `Deno.listen` and `Deno.serveHttp` for code that predates `Deno.serve`, such as a vendored copy of the
 * standard library's old `http/server.ts`. The listener accepts one virtual connection, and all requests
 * that reach the function's socket arrive on it.
 */
import type { Serve } from "./serve.ts";

interface RequestEvent {
	request: Request;
	respondWith(response: Response | Promise<Response>): Promise<void>;
}

/** Requests in, requests out; readers wait in line. */
class RequestQueue {
	#events: RequestEvent[] = [];
	#readers: ((event: RequestEvent | null) => void)[] = [];
	#isClosed = false;

	push(event: RequestEvent): void {
		const reader = this.#readers.shift();
		if (reader === undefined) this.#events.push(event);
		else reader(event);
	}

	next(): Promise<RequestEvent | null> {
		const event = this.#events.shift();
		if (event !== undefined) return Promise.resolve(event);
		if (this.#isClosed) return Promise.resolve(null);
		return new Promise((resolve) => this.#readers.push(resolve));
	}

	close(): void {
		this.#isClosed = true;
		for (const reader of this.#readers.splice(0)) reader(null);
	}
}

const ADDRESS: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 0 };

class VirtualConnection {
	readonly rid = -1;
	readonly localAddr = ADDRESS;
	readonly remoteAddr = ADDRESS;
	readonly queue: RequestQueue;
	constructor(queue: RequestQueue) {
		this.queue = queue;
	}
	close(): void {
		this.queue.close();
	}
	read(): Promise<never> {
		return Promise.reject(new Deno.errors.NotSupported("A function serves HTTP, not raw connections."));
	}
	write(): Promise<never> {
		return this.read();
	}
}

class VirtualListener {
	readonly rid = -1;
	readonly addr: Deno.NetAddr;
	#serve: Serve;
	#server: Deno.HttpServer | undefined;
	#queue = new RequestQueue();
	#onClose: (() => void) | undefined;

	constructor(serve: Serve, options: { hostname?: string; port?: number }) {
		this.#serve = serve;
		const hostname = options.hostname ?? "0.0.0.0";
		this.addr = { transport: "tcp", hostname, port: options.port ?? 0 };
	}

	/** The first call yields the one connection, each further one waits until the listener is closed. */
	accept(): Promise<VirtualConnection> {
		if (this.#server !== undefined) {
			return new Promise((_, reject) => {
				this.#onClose = () => reject(new Deno.errors.BadResource("The listener has been closed."));
			});
		}
		this.#server = this.#serve((request: Request) => this.#enqueue(request));
		return Promise.resolve(new VirtualConnection(this.#queue));
	}

	#enqueue(request: Request): Promise<Response> {
		const { promise, resolve, reject } = Promise.withResolvers<Response>();
		this.#queue.push({
			request,
			respondWith: async (response) => {
				try {
					resolve(await response);
				} catch (error) {
					reject(error);
				}
			},
		});
		return promise;
	}

	close(): void {
		this.#queue.close();
		void this.#server?.shutdown();
		this.#onClose?.();
	}

	ref(): void {}
	unref(): void {}

	async *[Symbol.asyncIterator](): AsyncGenerator<VirtualConnection> {
		yield await this.accept();
		await this.accept().catch(() => undefined);
	}
}

function serveHttp(connection: VirtualConnection) {
	const nextRequest = () => connection.queue.next();
	return {
		rid: -1,
		nextRequest,
		close: () => connection.close(),
		async *[Symbol.asyncIterator](): AsyncGenerator<RequestEvent> {
			for (let event = await nextRequest(); event !== null; event = await nextRequest()) yield event;
		},
	};
}

/** Puts `Deno.listen`, `Deno.listenTls` and `Deno.serveHttp` in place, on top of `serve`. */
export function installListen(serve: Serve): void {
	const listen = (options: { hostname?: string; port?: number }) => new VirtualListener(serve, options);
	for (const [name, value] of Object.entries({ listen, listenTls: listen, serveHttp })) {
		Object.defineProperty(Deno, name, { configurable: true, enumerable: true, writable: true, value });
	}
}
