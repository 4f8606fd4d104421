/** A function with one path for each behaviour that the gateway must handle. */
export const ECHO = `
	let open = 0;
	const waiters = [];
	export default async (request) => {
		const url = new URL(request.url);
		switch (url.pathname) {
			case "/bytes": return new Response(request.body);
			case "/sink": {
				let size = 0;
				for await (const chunk of request.body) size += chunk.length;
				return Response.json({ size });
			}
			case "/early": return new Response("refused", { status: 401 });
			case "/status": return new Response(null, { status: Number(url.searchParams.get("code")) });
			case "/cookies": return new Response("ok", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
			case "/latin": return new Response("ok", { headers: { "x-latin": "caf\\u00e9" } });
			case "/gzip": {
				const packed = new Blob(["x".repeat(5000)]).stream().pipeThrough(new CompressionStream("gzip"));
				return new Response(packed, { headers: { "content-encoding": "gzip" } });
			}
			case "/forever": {
				open++;
				const stream = new ReadableStream({
					start(controller) { controller.enqueue(new TextEncoder().encode("data: first\\n\\n")); },
					cancel() { open--; for (const wake of waiters.splice(0)) wake(); },
				});
				return new Response(stream, { headers: { "content-type": "text/event-stream" } });
			}
			case "/closed": {
				while (open > 0) await new Promise((resolve) => waiters.push(resolve));
				return new Response("closed");
			}
			case "/flood": {
				let sent = 0;
				return new Response(new ReadableStream({ pull(controller) {
					sent += 65536;
					globalThis.sent = sent;
					if (sent > 200_000_000) controller.close(); else controller.enqueue(new Uint8Array(65536));
				} }));
			}
			case "/sent": return new Response(String(globalThis.sent));
			case "/hang": return new Promise(() => {});
			case "/die": return Deno.exit(1);
			default: return Response.json({ method: request.method, url: request.url, headers: [...request.headers], body: await request.text() });
		}
	};`;
