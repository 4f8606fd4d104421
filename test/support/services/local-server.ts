/** HTTP servers on this machine, for services that tests take the place of. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** @returns the URL of a server on a free port, with a slash at its end; disposal closes its connections too */
export async function serveLocally(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
	const server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			server.close();
		},
	};
}
