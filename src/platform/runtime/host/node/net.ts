/** `node:net` for functions: its servers listen on the function's socket. */
import net from "node:net";
import { installServers } from "./servers.ts";

installServers(net);

export * from "node:net";
export { default } from "node:net";
