"""Serves the rows of PostgreSQL's table `visits` as a page: GET / adds a row, GET /health asks the database whether it is there.

The database is named by libpq's own variables: PGHOST, PGUSER, PGPASSWORD, PGDATABASE.
"""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

PORT = 8000


def query(sql):
    connection = psycopg2.connect(connect_timeout=3)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if self.path == "/health":
                query("SELECT 1")
                self.answer(200, "healthy\n")
            elif self.path == "/":
                query("INSERT INTO visits DEFAULT VALUES RETURNING id")
                (greeting,), (count,) = query("SELECT text FROM greeting")[0], query("SELECT count(*) FROM visits")[0]
                self.answer(200, f"{greeting} You are visitor {count}.\n")
            else:
                self.answer(404, "There is no such page.\n")
        except psycopg2.Error as error:
            print(f"the database does not answer: {error}".strip())
            self.answer(503, f"The database does not answer: {error}")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        if self.path != "/health":
            print(f"{self.address_string()} {format % arguments}")


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(f"listening on port {PORT}")
ThreadingHTTPServer(("", PORT), Page).serve_forever()
