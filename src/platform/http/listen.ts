/** Binds a server to an address. */
import type { AddressInfo, Server } from "node:net";
import type { FaultBoundary } from "../faults/error-boundary.ts";

/**
 * Notes errors of a server that listens. For example, a connection could not be accepted because no descriptor was free.
 * The server continues. `listenOn` throws the error of a server that cannot listen.
 */
export function noteErrors(server: Server, faults: FaultBoundary): void {
	server.on("error", (error) => {
		if (server.listening) faults.note(error);
	});
}

/**
 * Starts listening.
 * @param port 0 picks a free one
 * @returns the address that the server got
 * @throws the system's error, such as EADDRINUSE
 */
export function listenOn(server: Server, port: number, host: string): Promise<AddressInfo> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, host, () => {
			server.off("error", reject);
			resolve(server.address() as AddressInfo);
		});
	});
}
