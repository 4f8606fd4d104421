/** The server that the functions of `egress.bench.ts` call: a module of Deno's, as text. */

export const PORT = 80;

/** The source of `bytes(left)`: a stream of so many bytes, in pieces. */
export const BYTES = `
const piece = new Uint8Array(64 * 1024);
function bytes(left) {
	return new ReadableStream({
		pull(controller) {
			if (left <= 0) return controller.close();
			controller.enqueue(left < piece.length ? piece.subarray(0, left) : piece);
			left -= piece.length;
		},
	});
}
`;

export const SERVER = `${BYTES}
async function answer(request) {
	const { pathname, searchParams } = new URL(request.url);
	if (pathname === "/small") return new Response("x".repeat(100));
	if (pathname === "/down") return new Response(bytes(Number(searchParams.get("bytes"))));
	let count = 0;
	for await (const part of request.body) count += part.length;
	return new Response(String(count));
}
Deno.serve({ hostname: "::", port: ${PORT}, onListen: () => console.log("listening") }, answer);
`;
