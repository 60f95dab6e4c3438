//! A name server of a test: it knows the records it was given, and nothing else.

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::TXT},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::UdpSocket;

/// A name server on a port of its own. It ends with the test.
#[derive(Clone)]
pub struct TestDns {
    /// Where it answers.
    pub address: SocketAddr,
    texts: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl TestDns {
    /// Starts one that knows nothing yet.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let dns = Self { address: socket.local_addr().expect("an address"), texts: Arc::default() };
        let known = dns.clone();
        tokio::spawn(async move {
            let mut packet = [0; 2048];
            while let Ok((length, peer)) = socket.recv_from(&mut packet).await {
                let asked = packet.get(..length).and_then(|bytes| Message::from_vec(bytes).ok());
                if let Some(answer) = asked.and_then(|asked| known.answer(asked)) {
                    let _sent = socket.send_to(&answer, peer).await;
                }
            }
        });
        dns
    }

    /// From now on these texts stand under that name.
    pub fn set_txt(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.texts.lock().expect("nobody panics with the names in hand").insert(name.to_owned(), texts);
    }

    fn answer(&self, asked: Message) -> Option<Vec<u8>> {
        let query = asked.queries.first()?.clone();
        let name = query.name().to_ascii();
        let texts = self.texts.lock().ok()?.get(name.trim_end_matches('.')).cloned();
        let mut answer = asked.into_response();
        match texts {
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(texts) if query.query_type() == RecordType::TXT => {
                for text in texts {
                    answer.add_answer(Record::from_rdata(query.name().clone(), 0, RData::TXT(TXT::new(vec![text]))));
                }
            }
            Some(_) => {}
        }
        answer.to_vec().ok()
    }
}
