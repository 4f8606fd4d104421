/** Binds a server to an address. */
import type { AddressInfo, Server } from "node:net";

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
