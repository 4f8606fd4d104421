/** Sends bytes on a connection of their own and reads everything that comes back. */
import { connect, type Socket } from "node:net";

const dialPlain = (port: number): Socket => connect(port, "127.0.0.1");

/**
 * Writes the bytes (latin-1) and reads until the other side ends the connection.
 * @param dial opens the connection, by default without TLS
 */
export async function exchange(port: number, bytes: string, dial = dialPlain): Promise<string> {
	const socket = dial(port);
	let answer = "";
	// The server may close the connection while the client still writes.
	const over = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	socket.on("error", () => undefined);
	socket.setEncoding("latin1").on("data", (chunk: string) => {
		answer += chunk;
	});
	socket.write(bytes, "latin1");
	await over;
	return answer;
}

/** The status of each response in the bytes. */
export function statusesOf(answer: string): number[] {
	return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
