/** What the library for gRPC would do on its own, and must not: wait, use proxies, keep sockets, and refuse large answers. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { utf8 } from "../../../../../src/bytes.ts";
import { EtcdClient } from "../../../../../src/platform/store/etcd/api/client.ts";
import { type Endpoint, GrpcConnection } from "../../../../../src/platform/store/etcd/api/grpc.ts";
import { RANGE, TRANSACTION } from "../../../../../src/platform/store/etcd/api/messages.ts";
import { upTo } from "../../contract-setup.ts";
import { EtcdCluster } from "../cluster.ts";

const NOTHING = new Uint8Array(0);
const LONG_MS = 60_000;

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
	vi.unstubAllEnvs();
	for (const socket of sockets.splice(0)) socket.destroy();
	for (const server of servers.splice(0)) if (server.listening) await once(server.close(), "close");
});

/** A server that accepts connections and says nothing. */
async function silentServer(port = 0): Promise<{ server: Server; endpoint: Endpoint }> {
	const server = createServer((socket) => {
		sockets.push(socket);
		socket.on("error", () => undefined);
		socket.resume();
	}).listen(port, "127.0.0.1");
	servers.push(server);
	await once(server, "listening");
	return { server, endpoint: { host: "127.0.0.1", port: (server.address() as AddressInfo).port } };
}

test.each([["without TLS", undefined] as const, ["in a TLS handshake", {}] as const])(
	"a connection to a member that is silent %s ends with its calls, and leaves no socket",
	async (_, tls) => {
		const { endpoint, server } = await silentServer();
		const connection = new GrpcConnection(endpoint, tls);
		const call = connection.call(RANGE.path, NOTHING, LONG_MS);
		const refused = expect(call).rejects.toMatchObject({ isAnswer: false });
		const [socket] = (await once(server, "connection")) as [Socket];
		const closed = once(socket, "close");
		connection.close();
		await refused;
		await closed;
		await expect(connection.call(RANGE.path, NOTHING, LONG_MS)).rejects.toMatchObject({ isAnswer: false });
		expect(connection.isUsable).toBe(false);
	},
);

test("a new connection does not wait because an earlier one to the same member failed", async () => {
	const { endpoint, server } = await silentServer();
	await once(server.close(), "close");
	const first = new GrpcConnection(endpoint, undefined);
	await expect(first.call(RANGE.path, NOTHING, LONG_MS)).rejects.toMatchObject({
		isAnswer: false,
		message: expect.stringMatching(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/),
	});
	expect(first.isUsable).toBe(false);
	const next = await silentServer(endpoint.port);
	const second = new GrpcConnection(endpoint, undefined);
	const failed = second.call(RANGE.path, NOTHING, LONG_MS).catch((error: Error) => error);
	const connected = once(next.server, "connection").then(() => "connected");
	expect(await Promise.race([connected, failed])).toBe("connected");
	for (const connection of [first, second]) connection.close();
	await failed;
});

test("no proxy is used that the environment names", async () => {
	const [proxy, member] = [await silentServer(), await silentServer()];
	const url = `http://127.0.0.1:${proxy.endpoint.port}`;
	for (const name of ["grpc_proxy", "https_proxy", "http_proxy"]) vi.stubEnv(name, url);
	for (const name of ["no_proxy", "no_grpc_proxy"]) vi.stubEnv(name, "");
	const connection = new GrpcConnection(member.endpoint, undefined);
	const failed = connection.call(RANGE.path, NOTHING, LONG_MS).catch(() => undefined);
	const reached = [
		once(proxy.server, "connection").then(() => "the proxy"),
		once(member.server, "connection").then(() => "the member"),
	];
	expect(await Promise.race(reached)).toBe("the member");
	connection.close();
	await failed;
});

test("a call ends when its time is over, and the connection serves the next one", async () => {
	const { endpoint } = await silentServer();
	const connection = new GrpcConnection(endpoint, undefined);
	const refused = { status: 4, isAnswer: false };
	await expect(connection.call(RANGE.path, NOTHING, 20)).rejects.toMatchObject(refused);
	await expect(connection.call(RANGE.path, NOTHING, 20)).rejects.toMatchObject(refused);
	connection.close();
});

test("an answer of more than 4 MiB arrives", async () => {
	await using cluster = await EtcdCluster.start();
	const client = new EtcdClient({ endpoints: cluster.endpoints });
	const value = new Uint8Array(1024 * 1024).fill(7);
	for (const number of upTo(6))
		await client.call(TRANSACTION, { success: [{ put: { key: utf8(`k${number}`), value } }] });
	const { kvs } = await client.call(RANGE, { key: utf8("k"), rangeEnd: utf8("l") });
	expect(kvs.map((pair) => Buffer.from(pair.value).equals(value))).toEqual(Array(6).fill(true));
	client.close();
});
