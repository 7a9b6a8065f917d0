//! The example servers in the kits' READMEs answer for the person of the site's own session, and for nobody else.
//!
//! Each is taken from its README as printed, but for the port, and given the one piece that it calls *your own*.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use signet_testkit::client::{plain, within};
use tokio::net::TcpStream;

use crate::openssl::OpensslKeys;
use crate::providers::{available, providers, python_program};

/// A language: what its README's block is saved as, the kit, the site's own sessions, and the programs to run, the last of
/// which is the server.
struct Example {
    kit: &'static str,
    block: &'static str,
    copied: (&'static str, &'static str),
    own: &'static [(&'static str, &'static str)],
    programs: &'static [&'static [&'static str]],
}

const EXAMPLES: [Example; 6] = [
    Example {
        kit: "javascript",
        block: "server.mjs",
        copied: ("signet-token.mjs", "signet-token.mjs"),
        own: &[(
            "sessions.mjs",
            "export const sessionUser = ({ headers }) =>
               headers.cookie?.includes('session=jane') ? { id: 'customer-8c1f', firstName: 'Jane' } : null;",
        )],
        programs: &[&["node", "server.mjs"]],
    },
    Example {
        kit: "python",
        block: "server.py",
        copied: ("signet_token.py", "signet_token.py"),
        own: &[(
            "sessions.py",
            "from types import SimpleNamespace\n\n\ndef session_user(environ):\n    \
             jane = SimpleNamespace(id=\"customer-8c1f\", first_name=\"Jane\")\n    \
             return jane if \"session=jane\" in environ.get(\"HTTP_COOKIE\", \"\") else None\n",
        )],
        programs: &[&["PYTHON", "server.py"]],
    },
    Example {
        kit: "java",
        block: "Shop.java",
        copied: ("SignetToken.java", "SignetToken.java"),
        own: &[(
            "Sessions.java",
            "final class Sessions {
               record User(String id, String firstName) {}
               static User userOf(com.sun.net.httpserver.HttpExchange exchange) {
                 String cookie = exchange.getRequestHeaders().getFirst(\"cookie\");
                 return cookie != null && cookie.contains(\"session=jane\") ? new User(\"customer-8c1f\", \"Jane\") : null;
               }
             }",
        )],
        programs: &[
            &["javac", "-encoding", "UTF-8", "Shop.java", "Sessions.java", "SignetToken.java"],
            &["java", "Shop"],
        ],
    },
    Example {
        kit: "go",
        block: "main.go",
        copied: ("signettoken.go", "signettoken/signettoken.go"),
        own: &[
            ("go.mod", "module shop\n\ngo 1.19\n"),
            (
                "sessions.go",
                "package main\n\nimport \"net/http\"\n\ntype user struct{ ID, FirstName string }\n\n\
                 func sessionUser(r *http.Request) *user {\n\
                 \tif cookie, err := r.Cookie(\"session\"); err == nil && cookie.Value == \"jane\" {\n\
                 \t\treturn &user{\"customer-8c1f\", \"Jane\"}\n\t}\n\treturn nil\n}\n",
            ),
        ],
        programs: &[&["go", "vet", "./..."], &["go", "build", "-o", "server", "."], &["./server"]],
    },
    Example {
        kit: "php",
        block: "signet-token.php",
        copied: ("SignetToken.php", "SignetToken.php"),
        own: &[
            ("vendor/autoload.php", "<?php require '/usr/share/php/phpseclib3/autoload.php';"),
            // As PHP keeps the session of the cookie PHPSESSID=jane.
            (
                "sessions/sess_jane",
                "user|a:2:{s:2:\"id\";s:13:\"customer-8c1f\";s:9:\"firstName\";s:4:\"Jane\";}",
            ),
        ],
        programs: &[&["php", "-d", "session.save_path=sessions", "-S", "127.0.0.1:3000", "signet-token.php"]],
    },
    Example {
        kit: "ruby",
        block: "config.ru",
        copied: ("signet_token.rb", "signet_token.rb"),
        own: &[
            (
                "sessions.rb",
                "User = Struct.new(:id, :first_name)\n\
                 def session_user(env) = (User.new(\"customer-8c1f\", \"Jane\") if env[\"HTTP_COOKIE\"].include?(\"session=jane\"))\n",
            ),
            // As much of Rack as the application needs.
            (
                "rack.rb",
                r##"require "socket"
                def run(application) = $application = application
                load "config.ru"
                server = TCPServer.new("127.0.0.1", 3000)
                while (client = server.accept)
                  head = client.each_line.take_while { |line| line != "\r\n" }
                  next client.close if head.empty?
                  cookie = head.grep(/^cookie: /i).first.to_s
                  status, fields, body = $application.call("PATH_INFO" => head[0].split[1], "HTTP_COOKIE" => cookie)
                  fields = fields.merge("content-length" => body.sum(&:bytesize), "connection" => "close")
                  client.write("HTTP/1.1 #{status} -\r\n", *fields.map { |pair| "#{pair.join(": ")}\r\n" }, "\r\n", *body)
                  client.close
                end"##,
            ),
        ],
        programs: &[&["ruby", "rack.rb"]],
    },
];

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first block of code in a kit's README.
fn block(kit: &str) -> String {
    let readme = std::fs::read_to_string(providers().join(kit).join("README.md")).unwrap();
    let (_, after) = readme.split_once("\n```").unwrap();
    let (_, code) = after.split_once('\n').unwrap();
    code.split_once("\n```").unwrap().0.to_owned() + "\n"
}

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

impl Example {
    /// Lays everything out in a folder, runs what comes before the server, and starts the server.
    fn start(&self, folder: &Path, port: u16) -> Running {
        let here = |text: &str| text.replace("3000", &port.to_string());
        write(folder, self.block, &here(&block(self.kit)));
        let (from, to) = self.copied;
        write(folder, to, &std::fs::read_to_string(providers().join(self.kit).join(from)).unwrap());
        for (name, content) in self.own {
            write(folder, name, &here(content));
        }
        let (server, before) = self.programs.split_last().unwrap();
        let command = |words: &[&str]| {
            let program = if words[0] == "PYTHON" { python_program() } else { words[0].into() };
            let mut command = Command::new(program);
            command.args(words[1..].iter().map(|word| here(word))).current_dir(folder).env("GOPROXY", "off");
            command
        };
        for words in before {
            let output = command(words).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {words:?}: {errors}", self.kit);
        }
        let mut server = command(server);
        Running(server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

#[tokio::test]
async fn the_example_servers_answer_for_their_own_session_only() {
    let scratch = tempfile::tempdir().unwrap();
    let present: Vec<&str> = available(scratch.path()).into_iter().map(|(name, _)| name).collect();
    for example in EXAMPLES.iter().filter(|example| present.contains(&example.kit)) {
        let what = example.kit;
        let folder = tempfile::tempdir().unwrap();
        let keys = OpensslKeys::make(folder.path());
        write(folder.path(), "rsaPrivateKey.pem", &keys.customer.private);
        write(folder.path(), "platform.pem", &keys.customer.platform);
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let _server = example.start(folder.path(), port);
        let url = format!("http://127.0.0.1:{port}/signet-token");
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        within(&format!("the {what} server"), listens).await;
        let guest = plain().get(&url).send().await.unwrap();
        assert_eq!(guest.status(), 401, "{what}");
        assert_eq!(guest.text().await.unwrap(), "", "{what}");

        let request = plain().get(&url).header("cookie", "session=jane; PHPSESSID=jane");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{what}");
        let (_, _, claims) = keys.open(&answer.text().await.unwrap());
        assert_eq!(claims["https://iadvize.com/userId"], "customer-8c1f", "{what}");
        assert_eq!(claims["https://iadvize.com/visitorData"], json!({ "firstName": "Jane" }), "{what}");
        assert_eq!(claims["iss"], "https://www.example.com", "{what}");
    }
}
