/** Sends bytes on a connection of their own and reads everything that comes back. */
import { connect } from "node:net";

/** Writes the bytes (latin-1) and reads until the other side ends the connection. */
export async function exchange(port: number, bytes: string): Promise<string> {
	const socket = connect(port, "127.0.0.1");
	let answer = "";
	// The server may close the connection while the client still writes.
	const over = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	socket.on("error", () => undefined);
	socket.setEncoding("latin1").on("data", (chunk: string) => {
		answer += chunk;
	});
	socket.on("connect", () => socket.write(bytes, "latin1"));
	await over;
	return answer;
}

/** The status of each response in the bytes. */
export function statusesOf(answer: string): number[] {
	return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
