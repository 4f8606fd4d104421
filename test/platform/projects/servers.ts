/** Projects that listen themselves, with common frameworks. */
import type { Project } from "./project.ts";

const PORT = "Number(process.env.PORT ?? 3000)";

const server = (name: string, entry: string, files: Record<string, string> = {}): Project => ({
	name,
	files: { "index.ts": entry, ...files },
	paths: ["/", "/users/7?verbose=1", "/nothing/here"],
	by: "run",
});

const withSocket = (name: string, entry: string): Project => ({ ...server(name, entry), hasSocket: true });

export const SERVERS: readonly Project[] = [
	server(
		"express",
		`import express from "npm:express@5.1.0";
const app = express();
app.use(express.json());
app.get("/", (_req, res) => res.send("home"));
app.get("/users/:id", (req, res) => res.json({ id: req.params.id, query: req.query }));
app.listen(${PORT}, () => console.log("listening"));
`,
	),
	server(
		"fastify",
		`import Fastify from "npm:fastify@5.6.1";
const app = Fastify();
app.get("/", async () => ({ home: true }));
app.get("/users/:id", async (request) => ({ params: request.params, query: request.query }));
await app.listen({ port: ${PORT} });
console.log("listening");
`,
	),
	server(
		"koa",
		`import Koa from "npm:koa@3.0.1";
const app = new Koa();
app.use(async (context) => {
	if (context.path === "/nothing/here") return;
	context.body = { path: context.path, query: context.query };
});
app.listen(${PORT}, () => console.log("listening"));
`,
	),
	server(
		"hono-node",
		`import { serve } from "npm:@hono/node-server@1.19.5";
import { Hono } from "npm:hono@4.9.9";
const app = new Hono();
app.get("/", (context) => context.text("home"));
app.get("/users/:id", (context) => context.json({ id: context.req.param("id") }));
serve({ fetch: app.fetch, port: ${PORT} }, () => console.log("listening"));
`,
	),
	server(
		"node-http",
		`import { createServer } from "node:http";
const server = createServer((request, response) => {
	response.writeHead(request.url === "/nothing/here" ? 404 : 200, { "content-type": "text/plain" });
	response.end(\`\${request.method} \${request.url}\`);
});
server.listen(${PORT}, "127.0.0.1", () => console.log("listening", typeof server.address()?.port));
`,
	),
	server(
		"common-js",
		`import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const http = require("http");
http.createServer((request, response) => response.end(request.url)).listen({ port: ${PORT} }, () => console.log("listening"));
`,
	),
	server(
		"deno-port",
		`Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, (request) => new Response(new URL(request.url).pathname));
`,
	),
	server(
		"two-modules",
		`import { app } from "./app.ts";
import { port } from "./config.ts";
app.listen(port, () => console.log("listening"));
`,
		{
			"app.ts": `import express from "npm:express@5.1.0";
export const app = express();
app.get("/", (_req, res) => res.type("html").send("<h1>home</h1>"));
app.get("/users/:id", (req, res) => res.status(201).json(req.params));
`,
			"config.ts": `export const port = ${PORT};\n`,
		},
	),
	withSocket(
		"ws-server",
		`import { WebSocketServer } from "npm:ws@8.18.3";
const server = new WebSocketServer({ port: ${PORT} }, () => console.log("listening"));
server.on("connection", (socket) => socket.on("message", (data) => {
	socket.send("echo " + data);
	socket.close(1000, "done");
}));
`,
	),
	withSocket(
		"ws-and-express",
		`import { createServer } from "node:http";
import express from "npm:express@5.1.0";
import { WebSocketServer } from "npm:ws@8.18.3";
const app = express();
app.get("/", (_req, res) => res.send("home"));
const server = createServer(app);
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
	if (request.url !== "/socket") return socket.destroy();
	sockets.handleUpgrade(request, socket, head, (opened) => opened.on("message", (data) => {
		opened.send(String(data).toUpperCase());
		opened.close();
	}));
});
server.listen(${PORT}, () => console.log("listening"));
`,
	),
	withSocket(
		"deno-socket",
		`Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, (request) => {
	if (request.headers.get("upgrade") !== "websocket") return new Response("no socket", { status: 426 });
	const { socket, response } = Deno.upgradeWebSocket(request);
	socket.onmessage = ({ data }) => {
		socket.send("echo " + data);
		socket.close(1000);
	};
	return response;
});
`,
	),
];
