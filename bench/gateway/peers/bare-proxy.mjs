/**
 * The simplest proxy on Node: no routes, no limits, no added headers, no metrics.
 * `bare-proxy.mjs SOCKET` passes every request on to the Unix socket, and prints the port that it listens on.
 */
import { createServer } from "node:http";
import { Pool } from "undici";

const pool = new Pool("http://function", { socketPath: process.argv[2] });
const server = createServer((request, response) => {
	const { headers, method, url } = request;
	const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
	const { connection, ...passed } = headers;
	pool
		.stream({ path: url, method, headers: passed, body: hasBody ? request : null }, (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			return response;
		})
		.catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
