//! The same work as Signet's in-process activation, by josekit on OpenSSL: decrypt, verify, and a session token (HS256, its
//! cheapest). Reads three files (token, platform key as PKCS#8 DER, customer key as PEM) and prints operations per second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use josekit::{jwe, jws, jwt};

fn main() {
    let [_, folder, milliseconds, threads] = &std::env::args().collect::<Vec<_>>()[..] else {
        eprintln!("usage: signet-bench-josekit FOLDER MILLISECONDS THREADS");
        std::process::exit(2);
    };
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).expect("the folder holds the three files");
    let token = String::from_utf8(read("token")).expect("the token is text");
    let decrypter = jwe::RSA_OAEP_256.decrypter_from_der(read("platform.der")).expect("platform key");
    let verifier = jws::RS256.verifier_from_pem(read("customer.pem")).expect("customer key");
    let signer = jws::HS256.signer_from_bytes([7; 32]).expect("session key");
    let length = Duration::from_millis(milliseconds.parse().expect("milliseconds"));
    let operation = Arc::new(move || {
        let (inner, _) = jwe::deserialize_compact(&token, &decrypter).expect("decrypts");
        let inner = String::from_utf8(inner).expect("the content is text");
        let (payload, _) = jwt::decode_with_verifier(inner, &verifier).expect("verifies");
        let mut header = jws::JwsHeader::new();
        header.set_token_type("JWT");
        std::hint::black_box(jwt::encode_with_signer(&payload, &header, &signer).expect("signs"));
    });
    operation();
    let workers: Vec<_> = (0..threads.parse().expect("threads"))
        .map(|_: usize| {
            let operation = operation.clone();
            std::thread::spawn(move || {
                let (start, mut count) = (Instant::now(), 0_u32);
                while start.elapsed() < length {
                    operation();
                    count += 1;
                }
                f64::from(count) / start.elapsed().as_secs_f64()
            })
        })
        .collect();
    println!("{}", workers.into_iter().map(|worker| worker.join().expect("a worker")).sum::<f64>());
}
