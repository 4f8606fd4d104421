/**
 * Opens the egress proxy's sockets and then executes the proxy. Node cannot open a socket in another network namespace,
 * or a socket that accepts connections to any address (`IP_TRANSPARENT`). So this Deno program does both through the C
 * library, returns to its own namespace and executes the program that inherits the sockets.
 *
 * It runs on Linux only. The constants are from Linux's headers for x86-64 and arm64.
 */

/** The first argument, as JSON. */
interface Request {
	/** The file that identifies the namespace in which the sockets are opened. */
	namespace: string;
	/** Each `fd` is much higher than the numbers of Deno's own descriptors. */
	sockets: { fd: number; family: "v4" | "v6"; type: "tcp" | "udp"; address: string; port: number }[];
	/** The program with its arguments, and its complete process environment. */
	command: string[];
	environment: Record<string, string>;
}

const O_CLOEXEC = 0o2000000;
const SOCK_CLOEXEC = O_CLOEXEC;
const F_DUPFD_CLOEXEC = 1030;
/**
 * Above Deno's own descriptors and below those that the program expects, so that no copy replaces a descriptor that
 * is still in use.
 */
const FIRST_FREE_DESCRIPTOR = 64;
const CLONE_NEWNET = 0x40000000;
const FAMILY = { v4: 2, v6: 10 };
const TYPE = { tcp: 1, udp: 2 };
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const TRANSPARENT = { v4: { level: 0, option: 19 }, v6: { level: 41, option: 75 } };
const IPV6_V6ONLY = { level: 41, option: 26 };
const BACKLOG = 4_096;

const { symbols: c } = Deno.dlopen("libc.so.6", {
	open: { parameters: ["buffer", "i32"], result: "i32" },
	setns: { parameters: ["i32", "i32"], result: "i32" },
	socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
	setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
	bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
	listen: { parameters: ["i32", "i32"], result: "i32" },
	fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
	dup2: { parameters: ["i32", "i32"], result: "i32" },
	execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
});

const text = (value: string) => new TextEncoder().encode(`${value}\0`);

function check(result: number, call: string): number {
	if (result >= 0) return result;
	console.error(`Opening the egress proxy's sockets failed: ${call}.`);
	Deno.exit(1);
}

/** A `struct sockaddr_in` or `sockaddr_in6`. */
function socketAddress(family: "v4" | "v6", address: string, port: number): Uint8Array {
	const bytes = new Uint8Array(family === "v4" ? 16 : 28);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, FAMILY[family], true);
	view.setUint16(2, port);
	if (family === "v4") bytes.set(address.split(".").map(Number), 4);
	else
		bytes.set(
			groups(address).flatMap((group) => [group >> 8, group & 255]),
			8,
		);
	return bytes;
}

/** The eight groups of an IPv6 address in which `::` occurs once. */
function groups(address: string): number[] {
	const [left, right] = address
		.split("::")
		.map((part) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16))));
	return [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
}

function enable(fd: number, level: number, option: number, name: string): void {
	check(c.setsockopt(fd, level, option, new Int32Array([1]), 4), name);
}

/** A copy of a descriptor with a number that the program does not expect. */
function duplicateAbove(descriptor: number): number {
	return check(c.fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR), "F_DUPFD_CLOEXEC");
}

/** Opens a socket and returns its descriptor. */
function openSocket({ address, family, port, type }: Request["sockets"][number]): number {
	const opened = duplicateAbove(check(c.socket(FAMILY[family], TYPE[type] | SOCK_CLOEXEC, 0), "socket"));
	enable(opened, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
	if (family === "v6") enable(opened, IPV6_V6ONLY.level, IPV6_V6ONLY.option, "IPV6_V6ONLY");
	const { level, option } = TRANSPARENT[family];
	if (type === "tcp") enable(opened, level, option, "IP_TRANSPARENT");
	const name = socketAddress(family, address, port);
	check(c.bind(opened, name, name.length), `bind of ${type} ${address} ${port}`);
	if (type === "tcp") check(c.listen(opened, BACKLOG), "listen");
	return opened;
}

/** An array of C strings that ends with a null pointer. */
function pointers(values: Uint8Array[]): Uint8Array {
	const list = new BigUint64Array(values.length + 1);
	values.forEach((value, index) => {
		list[index] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(value)));
	});
	return new Uint8Array(list.buffer);
}

const request: Request = JSON.parse(Deno.args[0] ?? "");
const ownNamespace = duplicateAbove(
	check(c.open(text("/proc/self/ns/net"), O_CLOEXEC), "open of its own namespace"),
);
const targetNamespace = check(c.open(text(request.namespace), O_CLOEXEC), "open of the namespace");
check(c.setns(targetNamespace, CLONE_NEWNET), "setns");
const opened = request.sockets.map(openSocket);
check(c.setns(ownNamespace, CLONE_NEWNET), "setns back");
const command = request.command.map(text);
const environment = Object.entries(request.environment).map(([name, value]) => text(`${name}=${value}`));
// These copies stay open in the executed program.
request.sockets.forEach(({ fd }, index) => {
	check(c.dup2(opened[index], fd), "dup2");
});
check(c.execve(command[0], pointers(command), pointers(environment)), "execve");
