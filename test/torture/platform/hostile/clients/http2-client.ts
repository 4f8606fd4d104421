/** A client of HTTP/2 that can send any frames, and waits for the ends of its streams. */
import { frame, RawHttp2, uint32 } from "../../../../platform/gateway/http2-server/frames.ts";
import { type Exchange, PATIENCE_MS } from "./client.ts";

/** No table of fields that both sides keep, and a window that no response fills. */
const SETTINGS = Buffer.concat([Buffer.from([0, 1]), uint32(0), Buffer.from([0, 4]), uint32(0x3fffffff)]);
const WIDE_WINDOW = frame("WINDOW_UPDATE", 0, 0, uint32(0x3fffffff));

/**
 * Waits until the streams are over, or the connection. After an error of the connection, the gateway waits for the
 * client to close it, or for its time limit.
 */
export async function waitForStreams(client: RawHttp2, streams: readonly number[]): Promise<void> {
	const hasFailed = () => client.of("GOAWAY").some(({ payload }) => payload.readUInt32BE(4) !== 0);
	await client.until(() => hasFailed() || streams.every((id) => client.isOver(id)));
}

/**
 * Connects, and uses the connection.
 * @returns the frames that came, and whether it was used to the end; `closed` if there was no connection
 */
export async function withHttp2(
	port: number,
	use: (client: RawHttp2) => Promise<void>,
): Promise<Exchange & { readonly client: RawHttp2 | undefined }> {
	let client: RawHttp2 | undefined;
	const work = async () => {
		client = await RawHttp2.open(port, SETTINGS).catch(() => undefined);
		client?.send(WIDE_WINDOW);
		if (client !== undefined) await use(client);
	};
	let timer: NodeJS.Timeout | undefined;
	const silence = new Promise<"silent">((resolve) => {
		timer = setTimeout(resolve, PATIENCE_MS, "silent");
	});
	const how = await Promise.race([work(), silence]);
	clearTimeout(timer);
	client?.socket.destroy();
	const end = how === "silent" ? "silent" : client === undefined ? "closed" : "seen";
	return { text: client === undefined ? "" : shown(client), end, client };
}

/** The frames that came, as a text. */
function shown({ frames, isClosed }: RawHttp2): string {
	const codeOf = { GOAWAY: 4, RST_STREAM: 0 } as Record<string, number | undefined>;
	const words = frames.map(({ flags, payload, stream, type }) => {
		const at = codeOf[type];
		return `${type}(${stream},${flags})${at === undefined ? "" : payload.readUInt32BE(at)}`;
	});
	return `${words.join(" ")}${isClosed ? " closed" : ""}`;
}
