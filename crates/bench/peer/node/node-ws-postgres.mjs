// The peer of the message benchmark: Node ws in front of PostgreSQL, written as its authors advise. Every message is one
// prepared insert on a pool of 16 connections, acknowledged after its commit and forwarded to the other socket of the pair.
import { WebSocketServer } from "ws";
import pg from "pg";

// postgres://user@folder-of-the-socket, percent-encoded/database
const address = new URL(process.argv[2]);
const pool = new pg.Pool({
  host: decodeURIComponent(address.hostname),
  user: decodeURIComponent(address.username),
  database: address.pathname.slice(1),
  max: 16,
});
await pool.query(`CREATE TABLE IF NOT EXISTS messages (
  topic TEXT NOT NULL, sequence BIGSERIAL, client_message_id UUID NOT NULL, body TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (topic, sequence), UNIQUE (topic, client_message_id))`);

const topics = new Map();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });

server.on("connection", (socket) => {
  let topic = null;
  socket.on("message", async (data) => {
    const frame = JSON.parse(data);
    if (frame.type === "hello") {
      topic = frame.topic;
      if (!topics.has(topic)) topics.set(topic, new Set());
      topics.get(topic).add(socket);
      socket.send('{"type":"welcome"}');
      return;
    }
    const { rows } = await pool.query({
      name: "insert-message",
      text: `INSERT INTO messages (topic, client_message_id, body) VALUES ($1, $2, $3)
             ON CONFLICT (topic, client_message_id) DO NOTHING RETURNING sequence, created_at`,
      values: [topic, frame.clientMessageId, frame.text],
    });
    const stored = rows[0] ?? {};
    socket.send(JSON.stringify({ type: "ack", clientMessageId: frame.clientMessageId, sequence: stored.sequence }));
    const entry = JSON.stringify({ type: "entry", clientMessageId: frame.clientMessageId, text: frame.text, ...stored });
    for (const other of topics.get(topic)) if (other !== socket) other.send(entry);
  });
  socket.on("close", () => topics.get(topic)?.delete(socket));
});

server.on("listening", () => console.log(server.address().port));
